namespace TunnelRpc.Calls;

// Calls that run on a SynchronizationContext or TaskScheduler of the application.
internal abstract partial class IncomingCall
{
    private const int Queued = 1;
    private const int SessionEnded = 2;
    private const int Claimed = 4;

    // Set before the work is queued; null for a call that runs on the thread pool.
    private CallScheduler? _scheduler;

    // Changed atomically; used only with a scheduler. Flags: whether the scheduler has the call, whether the session has ended, and whether
    // a thread has claimed the run. The claim keeps the call from running twice when the session ends before the context runs it.
    private int _scheduling;

    /// <summary>Where the call runs; null for the thread pool.</summary>
    public CallScheduler? Scheduler => _scheduler;

    /// <summary>Runs the call, unless it was claimed before. Called on the context.</summary>
    public void RunScheduled()
    {
        if (TryClaim())
        {
            _ = RunAsync();
        }
    }

    /// <summary>The context refuses the work: the call fails without having run.</summary>
    public void OnSchedulingFailed(Exception error)
    {
        Peer.OnSchedulingFailed(Method, error);
        FailEarly(new TunnelException(
            TunnelStatus.Unavailable,
            $"{Method} was not run: the SynchronizationContext or TaskScheduler of the callback accepts no work"
                + (Peer.Options.IncludeExceptionDetails ? $": {error.Message}" : ". The peer has logged the reason.")));
        CleanUpOnThreadPool();
    }

    /// <summary>Queues the work at the scheduler.</summary>
    private void EnqueueScheduled()
    {
        if ((Interlocked.Or(ref _scheduling, Queued) & SessionEnded) != 0)
        {
            CleanUpOnThreadPool();
        }
        else
        {
            _scheduler!.Enqueue(this);
        }
    }

    /// <summary>
    /// The session has ended. A call that the context has not run yet ends now and never runs: the end of a session does not wait for a
    /// context that is busy, which may itself be waiting for that end.
    /// </summary>
    private void OnSessionEndedWhileScheduled()
    {
        if ((Interlocked.Or(ref _scheduling, SessionEnded) & Queued) != 0)
        {
            CleanUpOnThreadPool();
        }
    }

    /// <summary>Ends a call that has not started, without running its method.</summary>
    private void CleanUpOnThreadPool()
    {
        _state.TryCancelBeforeStart();
        if (TryClaim())
        {
            ThreadPool.UnsafeQueueUserWorkItem(static call => _ = call.RunAsync(), this, preferLocal: false);
        }
    }

    private bool TryClaim() => (Interlocked.Or(ref _scheduling, Claimed) & Claimed) == 0;
}
