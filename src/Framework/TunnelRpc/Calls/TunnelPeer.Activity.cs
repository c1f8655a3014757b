namespace TunnelRpc.Calls;

// The calls and the background work that run here, and the close that waits for them.
internal sealed partial class TunnelPeer
{
    /// <summary>One detached call in <see cref="_activity"/>.</summary>
    private const long DetachedUnit = 1L << 32;

    // Changed atomically. The lower 32 bits: the number of calls and background tasks that run here, plus one until the session has ended.
    // The upper 32 bits: how many of them are detached, so that the close of the session does not wait for them.
    private long _activity = 1;

    // Exchanged atomically: 1 once a close has logged that calls have not ended.
    private int _isTimeoutLogged;

    // Exchanged atomically. Null while nothing waits for the calls; otherwise completed and removed when none runs.
    private TaskCompletionSource? _callsIdle;

    /// <summary>The number of calls and background tasks that run here. A hint: it may change at any time.</summary>
    public int RunningCallCount => Math.Max(0, (int)Volatile.Read(ref _activity) - (SessionCompletion.IsCompleted ? 0 : 1));

    /// <summary>Whether calls run here that wait for the close of the session. A hint: it may change at any time.</summary>
    public bool HasDetachedCalls => Volatile.Read(ref _activity) >= DetachedUnit;

    /// <summary>Completes, without an exception, when no call runs here while the session drains, or after its end.</summary>
    public Task CallsEnded => _callsEnded.Task;

    /// <summary>
    /// Completes, without an exception, as soon as no call and no background task runs here: at once, or when the last one has ended and
    /// its reply was handed to the session. Calls that start afterwards do not matter.
    /// </summary>
    public Task WaitForRunningCallsAsync()
    {
        // Set before the count is read: a call that ends concurrently sees the waiter, or is not counted here.
        var created = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource waiter = Interlocked.CompareExchange(ref _callsIdle, created, null) ?? created;
        CompleteWaiterIfIdle();
        return waiter.Task;
    }

    // Decision: docs/adr/0043-disposal-does-not-wait-for-its-own-call.md
    /// <summary>
    /// Detaches the call that the current code serves, if one of the sessions of <paramref name="table"/>'s owner serves it: a close of
    /// that session, in progress or later, does not wait for that call. To be called before a close of the session or a wait for its end.
    /// </summary>
    public static void DetachCurrentCall(DispatchTable table)
    {
        if (BackgroundWork.Current is { } work)
        {
            if (work.Peer._dispatchTable.Root == table.Root && work.TryDetach())
            {
                work.Peer.OnCallDetached();
            }
        }
        else if (TunnelCallContext.Current is { Owner: TunnelPeer peer } context
            && peer._dispatchTable.Root == table.Root
            && context.TryDetach())
        {
            peer.OnCallDetached();
        }
    }

    /// <summary>
    /// Closes the session and cancels running calls. Completes when those have ended, or after the shutdown timeout of this side; inside a
    /// call of the session, it does not wait for that call.
    /// </summary>
    /// <param name="status">The status, for the peer.</param>
    /// <param name="reason">The reason, for the peer and for the pending calls of this side.</param>
    /// <param name="advice">What the code of this side whose calls fail can do about it; a sentence, or null for nothing.</param>
    public async Task CloseAsync(TunnelStatus status, string reason, string? advice = null)
    {
        DetachCurrentCall(_dispatchTable);
        await _session.CloseAsync(status, reason, advice).ConfigureAwait(false);
        try
        {
            await Completion.WaitAsync(Options.CallEndTimeout, Options.TimeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException) when (Interlocked.Exchange(ref _isTimeoutLogged, 1) != 0)
        {
            // Another close has logged it.
        }
        catch (TimeoutException)
        {
            CallLog.CallsNotEnded(_logger, RunningCallCount, Parameters.Id, Options.CallEndTimeout);
        }
    }

    /// <summary>Runs work on the thread pool. <see cref="Completion"/> waits for it, so it must end; a failure is logged.</summary>
    public void RunInBackground(Func<Task> work)
    {
        OnCallStarted();
        _ = Task.Run(async () =>
        {
            var current = new BackgroundWork(this);
            BackgroundWork.Current = current;
            try
            {
                await work().ConfigureAwait(false);
            }
            catch (Exception error)
            {
                CallLog.ReleaseFailed(_logger, error, Parameters.Id);
            }

            OnCallEnded(current.OnEnded());
        });
    }

    /// <summary>A call starts here. Each call of it is followed by one of <see cref="OnCallEnded"/>.</summary>
    public void OnCallStarted() => Interlocked.Increment(ref _activity);

    /// <summary>A call has ended here, and its reply was handed to the session.</summary>
    /// <param name="isDetached">Whether the call was detached.</param>
    public void OnCallEnded(bool isDetached) => OnActivityChanged(isDetached ? -1 - DetachedUnit : -1);

    private void OnCallDetached() => OnActivityChanged(DetachedUnit);

    private void OnActivityChanged(long change)
    {
        long activity = Interlocked.Add(ref _activity, change);
        int running = (int)activity;
        int awaited = running - (int)(activity >> 32);
        if (running == 0)
        {
            _session.Memory.Close();
            _callsEnded.Set();
        }

        if (running <= 1 && Volatile.Read(ref _callsIdle) is not null)
        {
            CompleteWaiterIfIdle();
        }

        if (awaited == 0)
        {
            _idle.Set();
        }
        else if (awaited == 1)
        {
            CompleteDrainIfIdle();
        }
    }

    private void CompleteWaiterIfIdle()
    {
        if (RunningCallCount == 0)
        {
            Interlocked.Exchange(ref _callsIdle, null)?.TrySetResult();
        }
    }

    /// <summary>
    /// Completes a drain when no call runs here, except for detached ones, and the multiplexer is drained. While the session has no path,
    /// it is enough that this side drains and has no outgoing call. A call counts here until its reply was handed to the session.
    /// </summary>
    private void CompleteDrainIfIdle()
    {
        if (!IsDraining)
        {
            return;
        }

        long activity = Volatile.Read(ref _activity);
        int running = (int)activity;
        if (running <= 1)
        {
            _callsEnded.Set();
        }

        if (running - (int)(activity >> 32) <= 1
            && (Multiplexer.IsDrained || (_session.Paths.DisconnectReason is not null && Multiplexer.OutgoingCallCount == 0)))
        {
            _drained.Set();
        }
    }
}
