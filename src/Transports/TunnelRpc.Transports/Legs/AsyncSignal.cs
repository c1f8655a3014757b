namespace TunnelRpc.Transports.Legs;

/// <summary>
/// Tells any number of waiters that something changed. Ask for <see cref="WaitAsync"/> first, look at the state then, and wait last:
/// no change is missed. Thread-safe.
/// </summary>
internal sealed class AsyncSignal
{
    // Null while nobody asked; by Interlocked.
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

    /// <summary>Wakes whoever waits.</summary>
    public void NotifyAll() => Interlocked.Exchange(ref _next, null)?.TrySetResult();
}
