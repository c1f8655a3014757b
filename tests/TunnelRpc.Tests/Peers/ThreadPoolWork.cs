namespace TunnelRpc.Tests.Peers;

/// <summary>
/// Runs the work that became ready when the fake clock advanced, before the clock advances again. Otherwise an hour of fake time passes
/// before a handshake completes.
/// </summary>
internal static class ThreadPoolWork
{
    /// <summary>The maximum number of rounds while other tests keep the thread pool busy.</summary>
    private const int MaxRounds = 500;

    /// <summary>
    /// Waits <paramref name="rounds"/> times until the thread pool has started all queued work items, then until none of its threads is
    /// busy.
    /// </summary>
    public static async Task RunQueuedAsync(int rounds)
    {
        for (int i = 0; i < rounds || (i < MaxRounds && IsBusy()); i++)
        {
            var workItem = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            ThreadPool.UnsafeQueueUserWorkItem(static w => w.SetResult(), workItem, preferLocal: false);
            await workItem.Task;
        }
    }

    private static bool IsBusy()
    {
        ThreadPool.GetMaxThreads(out int all, out _);
        ThreadPool.GetAvailableThreads(out int free, out _);
        int own = Thread.CurrentThread.IsThreadPoolThread ? 1 : 0;
        return all - free > own || ThreadPool.PendingWorkItemCount > 0;
    }
}
