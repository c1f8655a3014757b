namespace TunnelRpc.Transports.Legs;

/// <summary>
/// Notifies any number of waiters of a change. To miss no change, call <see cref="WaitAsync"/> first, then check the state, then await the
/// task. Thread-safe.
/// </summary>
internal sealed class AsyncSignal
{
    // Null while there is no waiter. Changed with Interlocked.
    private TaskCompletionSource? _next;

    /// <summary>Completes at the next <see cref="NotifyAll"/>.</summary>
    public Task WaitAsync()
    {
        TaskCompletionSource? next = Volatile.Read(ref _next);
        if (next is null)
        {
            TaskCompletionSource created = new(TaskCreationOptions.RunContinuationsAsynchronously);
            next = Interlocked.CompareExchange(ref _next, created, null) ?? created;
        }

        return next.Task;
    }

    /// <summary>Completes the tasks of all current waiters.</summary>
    public void NotifyAll() => Interlocked.Exchange(ref _next, null)?.TrySetResult();
}
