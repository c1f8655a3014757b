namespace TunnelRpc.Tests.Peers;

/// <summary>Lets the work go on that fake time has made ready, before more time passes: else an hour is over before a handshake is.</summary>
internal static class ThreadPoolWork
{
    /// <summary>How many turns there are at most while other tests keep the pool busy.</summary>
    private const int MaxRounds = 500;

    /// <summary>Waits until the thread pool has begun all that was ready, so many times, and then until none of its threads is at work.</summary>
    public static async Task RunQueuedAsync(int rounds)
    {
        for (int i = 0; i < rounds || (i < MaxRounds && IsBusy()); i++)
        {
            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            ThreadPool.UnsafeQueueUserWorkItem(static t => t.SetResult(), turn, preferLocal: false);
            await turn.Task;
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
