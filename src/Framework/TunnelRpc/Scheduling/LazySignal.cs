namespace TunnelRpc.Scheduling;

/// <summary>
/// A signal that is set once, with a task for its waiters. The task is created on demand, as most signals have no waiter. A mutable struct:
/// it lives in one field and is not copied. Thread-safe.
/// </summary>
internal struct LazySignal
{
    private static readonly object SetMarker = new();

    // Changed atomically: null; then SetMarker if the signal was set, or the source of the waiters' task.
    private object? _state;

    /// <summary>Completes, without an exception, when the signal is set. Continuations run asynchronously.</summary>
    public Task Task
    {
        get
        {
            object? state = Volatile.Read(ref _state);
            if (state is null)
            {
                var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                state = Interlocked.CompareExchange(ref _state, source, null) ?? source;
            }

            return state is TaskCompletionSource waiter ? waiter.Task : Task.CompletedTask;
        }
    }

    /// <summary>Sets the signal. Idempotent.</summary>
    public void Set()
    {
        if (Interlocked.CompareExchange(ref _state, SetMarker, null) is TaskCompletionSource waiter)
        {
            waiter.TrySetResult();
        }
    }
}
