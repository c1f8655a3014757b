using System.Collections;
using System.Reflection;
using System.Text;

namespace TunnelRpc.Tests.Watchdog;

/// <summary>Describes the live servers, clients and sessions of this process, and its thread pool.</summary>
internal static class StateDump
{
    /// <summary>A description that takes longer waits for a lock of a thread that hangs.</summary>
    private static readonly TimeSpan DescriptionTimeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Creates a dump. Each object is described by a thread of its own, because the thread pool may have no free thread and a lock may be
    /// held.
    /// </summary>
    public static string Create()
    {
        var text = new StringBuilder();
        ThreadPool.GetMinThreads(out int minThreads, out _);
        text.Append("thread pool: ").Append(ThreadPool.ThreadCount).Append(" threads (minimum ").Append(minThreads).Append("), ")
            .Append(ThreadPool.PendingWorkItemCount).AppendLine(" work items queued");
        IReadOnlyList<Func<string>> descriptions = GetDescriptions();
        if (descriptions.Count == 0)
        {
            text.AppendLine("no server, client or session lives in this process");
        }

        foreach (Func<string> describe in descriptions)
        {
            text.AppendLine(Describe(describe));
        }

        return text.ToString();
    }

    /// <summary>
    /// Found by name: not every test assembly references the runtime or may use its internal types. TestWatchdogTests fails if the names
    /// change.
    /// </summary>
    private static IReadOnlyList<Func<string>> GetDescriptions() =>
        Type.GetType("TunnelRpc.Diagnostics.LiveState, TunnelRpc")
            ?.GetMethod("GetDescriptions", BindingFlags.Static | BindingFlags.Public)
            ?.Invoke(null, null) is IEnumerable found
            ? [.. found.Cast<Func<string>>()]
            : [];

    private static string Describe(Func<string> describe)
    {
        string? description = null;
        var thread = new Thread(() =>
        {
            try
            {
                description = describe();
            }
            catch (Exception error)
            {
                description = $"an object that could not be described: {error}";
            }
        })
        {
            IsBackground = true,
            Name = "Watchdog description",
        };
        thread.Start();
        return thread.Join(DescriptionTimeout)
            ? description!
            : $"an object that was not described within {DescriptionTimeout.TotalSeconds:0} s: a thread holds one of its locks";
    }
}
