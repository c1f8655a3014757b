using System.Runtime.CompilerServices;

namespace TunnelRpc.Scheduling;

/// <summary>Awaits what a reader waits for. Where that is not there yet, the reader's thread runs what the reader has gathered; where it is, another one does.</summary>
/// <typeparam name="TResult">What is waited for.</typeparam>
/// <param name="awaiter">Of what is waited for.</param>
/// <param name="work">Where the reader has gathered.</param>
internal readonly struct InlineDrainAwaiter<TResult>(ConfiguredValueTaskAwaitable<TResult>.ConfiguredValueTaskAwaiter awaiter, WorkQueue work) : ICriticalNotifyCompletion
{
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
        // From here on the reader may run on another thread: what it gathered must be this one's before.
        bool any = work.TryClaimReaderItems();
        awaiter.UnsafeOnCompleted(continuation);
        if (any)
        {
            work.DrainInline();
        }
    }
}
