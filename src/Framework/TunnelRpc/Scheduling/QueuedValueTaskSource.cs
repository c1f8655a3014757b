using System.Threading.Tasks.Sources;

namespace TunnelRpc.Scheduling;

/// <summary>
/// A wait that is used again and again, one at a time. What waits goes on on a turn of the session's work: on a thread of its own it would
/// cost a wake-up for what is often less work than that.
/// </summary>
internal abstract class QueuedValueTaskSource : IValueTaskSource, IThreadPoolWorkItem
{
    // Continuations run where the wait is completed: on that turn.
    private ManualResetValueTaskSourceCore<bool> _source;

    // Set before the completion is queued.
    private Exception? _error;

    /// <summary>Begins a wait; the last one is over. Gives its token.</summary>
    protected short ResetAndGetToken()
    {
        _error = null;
        _source.Reset();
        return _source.Version;
    }

    /// <summary>Ends the wait. Once for each; under whatever lock.</summary>
    protected void CompleteWait(WorkQueue work, Exception? error = null)
    {
        _error = error;
        work.Enqueue(this);
    }

    /// <summary>Likewise, by the session's reader.</summary>
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
