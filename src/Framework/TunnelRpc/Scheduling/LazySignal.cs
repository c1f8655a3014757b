namespace TunnelRpc.Scheduling;

/// <summary>
/// A signal that is given once, with a task for who waits for it: most wait for none, so the task is made when it is asked for. A field
/// that is not copied. Thread-safe.
/// </summary>
internal struct LazySignal
{
    private static readonly object SetMarker = new();

    // Changed atomically: null at first, then Given, or the source of those who wait.
    private object? _state;

    /// <summary>Completes, without an exception, when the signal is given; goes on asynchronously.</summary>
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

            return state is TaskCompletionSource waiting ? waiting.Task : Task.CompletedTask;
        }
    }

    /// <summary>Gives it; any number of times.</summary>
    public void Set()
    {
        if (Interlocked.CompareExchange(ref _state, SetMarker, null) is TaskCompletionSource waiting)
        {
            waiting.TrySetResult();
        }
    }
}
