namespace TunnelRpc.Calls.Tests.Retrying;

/// <summary>Blocks the call with one number in the service until this object is disposed. Other calls are unaffected.</summary>
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

    /// <summary>Completes when the call has reached the service.</summary>
    public Task Reached => _reached.Task;

    public void Dispose() => _released.TrySetResult();
}
