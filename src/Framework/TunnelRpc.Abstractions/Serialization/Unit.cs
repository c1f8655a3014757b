using System.ComponentModel;

namespace TunnelRpc.Serialization;

/// <summary>The result of a method that returns nothing. Encoded as nil. For generated code only.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly record struct Unit
{
    /// <summary>Converts a task without a result. Allocates nothing if the task has completed successfully.</summary>
    public static ValueTask<Unit> From(ValueTask task)
    {
        if (task.IsCompletedSuccessfully)
        {
            task.GetAwaiter().GetResult();
            return default;
        }

        return Await(task);

        static async ValueTask<Unit> Await(ValueTask task)
        {
            await task.ConfigureAwait(false);
            return default;
        }
    }

    /// <summary>Converts a task without a result. Allocates nothing if the task has completed successfully.</summary>
    public static ValueTask<Unit> From(Task task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return From(new ValueTask(task));
    }
}
