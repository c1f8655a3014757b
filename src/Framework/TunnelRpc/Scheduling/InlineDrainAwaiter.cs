using System.Runtime.CompilerServices;

namespace TunnelRpc.Scheduling;

/// <summary>
/// Awaits a read of the session's reader. If the read is not complete, the reader's thread runs the work items that the reader has
/// enqueued. If it is complete, the reader continues, and another thread runs them.
/// </summary>
/// <typeparam name="TResult">The result of the read.</typeparam>
/// <param name="awaiter">The awaiter of the read.</param>
/// <param name="work">The session's work queue.</param>
internal readonly struct InlineDrainAwaiter<TResult>(
    ConfiguredValueTaskAwaitable<TResult>.ConfiguredValueTaskAwaiter awaiter, WorkQueue work)
    : ICriticalNotifyCompletion
{
    /// <summary>Whether the read is complete. If so, the enqueued work items are scheduled on the thread pool.</summary>
    public bool IsCompleted
    {
        get
        {
            if (!awaiter.IsCompleted)
            {
                return false;
            }

            work.ScheduleReaderItems();
            return true;
        }
    }

    public InlineDrainAwaiter<TResult> GetAwaiter() => this;

    public TResult GetResult() => awaiter.GetResult();

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation)
    {
        // Claimed first: once the continuation is registered, the reader may run on another thread.
        bool hasItems = work.TryClaimReaderItems();
        awaiter.UnsafeOnCompleted(continuation);
        if (hasItems)
        {
            work.DrainInline();
        }
    }
}
