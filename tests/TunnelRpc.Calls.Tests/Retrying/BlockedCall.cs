namespace TunnelRpc.Calls.Tests.Retrying;

/// <summary>A call of one number waits at the service until this is disposed; others do as before.</summary>
internal sealed class BlockedCall : IDisposable
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public BlockedCall(Work work, int number)
    {
        Func<int, Task> before = work.OnRun;
        work.OnRun = n =>
        {
            if (n != number)
            {
                return before(n);
            }

            _reached.TrySetResult();
            return _released.Task;
        };
    }

    /// <summary>Completes once the call is there.</summary>
    public Task Reached => _reached.Task;

    public void Dispose() => _released.TrySetResult();
}
