namespace TunnelRpc.Tests.Peers;

/// <summary>Lets the work go on that fake time has made ready, before more time passes: else an hour is over before a handshake is.</summary>
internal static class PoolTurns
{
    /// <summary>Waits until the thread pool has begun all that was ready, so many times.</summary>
    public static async Task PassAsync(int turns)
    {
        for (int i = 0; i < turns; i++)
        {
            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            ThreadPool.UnsafeQueueUserWorkItem(static t => t.SetResult(), turn, preferLocal: false);
            await turn.Task;
        }
    }
}
