using System.Threading.Tasks.Sources;

namespace TunnelRpc.Scheduling;

// Decision: docs/adr/0031-waiters-continue-on-the-work-queue.md
/// <summary>
/// A reusable wait; one at a time. The waiter's continuation runs as a work item of the session's queue: a thread-pool item of its own
/// would cost a wake-up, which is often more than the continuation itself.
/// </summary>
internal abstract class QueuedValueTaskSource : IValueTaskSource, IThreadPoolWorkItem
{
    // Continuations run synchronously in Execute.
    private ManualResetValueTaskSourceCore<bool> _source;

    // Set before the completion is queued.
    private Exception? _error;

    /// <summary>Starts a wait; the previous one has ended. Returns the token of the wait.</summary>
    protected short ResetAndGetToken()
    {
        _error = null;
        _source.Reset();
        return _source.Version;
    }

    /// <summary>Ends the wait, once. May be called under any lock, as it only enqueues.</summary>
    protected void CompleteWait(WorkQueue work, Exception? error = null)
    {
        _error = error;
        work.Enqueue(this);
    }

    /// <summary>Ends the wait, as <see cref="CompleteWait"/>. Called by the session's reader only.</summary>
    protected void CompleteWaitFromReader(WorkQueue work) => work.EnqueueFromReader(this);

    void IThreadPoolWorkItem.Execute()
    {
        if (_error is null)
        {
            _source.SetResult(true);
        }
        else
        {
            _source.SetException(_error);
        }
    }

    public void GetResult(short token) => _source.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
