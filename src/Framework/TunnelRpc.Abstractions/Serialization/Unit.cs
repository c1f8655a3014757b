using System.ComponentModel;

namespace TunnelRpc.Serialization;

/// <summary>The result of a method that returns nothing: nil on the wire.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly record struct Unit
{
    /// <summary>Waits for <paramref name="task"/> and gives the unit; allocates nothing when it has completed already.</summary>
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

    /// <summary>Waits for <paramref name="task"/> and gives the unit; allocates nothing when it has completed already.</summary>
    public static ValueTask<Unit> From(Task task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return From(new ValueTask(task));
    }
}
