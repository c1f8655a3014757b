namespace TunnelRpc.Multiplexing;

// Decision: docs/adr/0056-stalled-calls.md
/// <content>
/// The waits of calls that are not known to be nested. They pass the limit while the calls of the two sides wait for each other.
/// </content>
internal sealed partial class OutgoingCallLimiter
{
    /// <summary>The calls that pass at once where the limit is lower.</summary>
    private const int MinAdmittedWhenStalled = 64;

    private enum WaitResult
    {
        /// <summary>A permit may be free, or the session drains or has ended.</summary>
        CheckAgain,

        /// <summary>The call has a permit beyond the limit.</summary>
        AdmittedBeyondLimit,

        /// <summary>The call fails.</summary>
        Refused,
    }

    /// <summary>
    /// If no permit was released since the last call of this method: admits calls beyond the limit, at most as many as the limit (64 if
    /// that is less), while the side that serves their callers can start no more calls. Beyond <see cref="NestedCall.MaxRunning"/> they
    /// fail. Called from time to time while calls wait.
    /// </summary>
    /// <param name="mayAdmitAll">
    /// Decides whether calls pass that no served call is known to have made; called at most once, under the lock.
    /// </param>
    public void AdmitStalledCalls(Func<bool> mayAdmitAll)
    {
        lock (_gate)
        {
            if (!_hasReleased)
            {
                int remaining = Math.Max(_limit, MinAdmittedWhenStalled);
                AdmitStalledLocked(_servedWaitQueue, static waiter => waiter.Served!.IsFull, ref remaining);
                if (_waitQueue is { Count: > 0 } && mayAdmitAll())
                {
                    AdmitStalledLocked(_waitQueue, static _ => true, ref remaining);
                }
            }

            _hasReleased = false;
        }
    }

    private void AdmitStalledLocked(LinkedList<Waiter>? queue, Func<Waiter, bool> isStalled, ref int remaining)
    {
        for (LinkedListNode<Waiter>? node = queue?.First; node is not null && remaining > 0;)
        {
            LinkedListNode<Waiter>? next = node.Next;
            if (isStalled(node.Value))
            {
                remaining--;
                bool isAdmitted = TryIncrementForNested(NestedCall.MaxRunning(_limit));
                CompleteWaitLocked(node.Value, isAdmitted ? WaitResult.AdmittedBeyondLimit : WaitResult.Refused);
            }

            node = next;
        }
    }

    /// <summary>Waits for a permit. True if the call was admitted beyond the limit, because no other call made progress.</summary>
    private async ValueTask<bool> WaitForPermitAsync(
        CallAffinity affinity, IncomingCallLimiter? served, CancellationToken cancellationToken)
    {
        while (!TryIncrement(_limit))
        {
            Waiter waiter;
            lock (_gate)
            {
                if (_failure is not null)
                {
                    throw _failure;
                }

                if (_drainReason is not null && affinity == CallAffinity.AnySession)
                {
                    throw new SessionDrainingException(_drainReason);
                }

                // Increment the waiter count before re-checking, so that a concurrent release cannot miss it.
                Interlocked.Increment(ref _waiterCount);
                if (Volatile.Read(ref _acquired) < _limit)
                {
                    Interlocked.Decrement(ref _waiterCount);
                    continue;
                }

                waiter = new Waiter(served);
                waiter.Node = (served is null ? _waitQueue ??= [] : _servedWaitQueue ??= []).AddLast(waiter);
            }

            WaitResult result;
            try
            {
                result = await waiter.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                CancelWait(waiter);
                throw;
            }

            switch (result)
            {
                case WaitResult.AdmittedBeyondLimit:
                    return true;
                case WaitResult.Refused:
                    throw DeadlockError();
            }
        }

        return false;
    }

    private void CancelWait(Waiter waiter)
    {
        lock (_gate)
        {
            if (waiter.Node!.List is { } queue)
            {
                queue.Remove(waiter.Node);
                Interlocked.Decrement(ref _waiterCount);
                return;
            }

            if (waiter.Result == WaitResult.CheckAgain)
            {
                // The waiter was woken while its wait was cancelled: wake the next one instead, or a free permit would stay unused.
                WakeNextLocked();
                return;
            }
        }

        if (waiter.Result == WaitResult.AdmittedBeyondLimit)
        {
            Release();
        }
    }

    /// <summary>Wakes the next waiter. False if there is none.</summary>
    private bool WakeNextLocked()
    {
        if ((_servedWaitQueue?.First ?? _waitQueue?.First) is { } waiter)
        {
            CompleteWaitLocked(waiter.Value, WaitResult.CheckAgain);
            return true;
        }

        return false;
    }

    private void WakeAllLocked()
    {
        while (WakeNextLocked())
        {
        }
    }

    private void CompleteWaitLocked(Waiter waiter, WaitResult result)
    {
        waiter.Node!.List!.Remove(waiter.Node);
        Interlocked.Decrement(ref _waiterCount);
        waiter.Result = result;
        waiter.SetResult(result);
    }

    private TunnelException DeadlockError() => new(
        TunnelStatus.ResourceExhausted,
        $"Expected at most {NestedCall.MaxRunning(_limit)} calls of this session at once ({_limit}, the limit MaxConcurrentCalls of the "
        + "peer, if calls make progress), got one more, and no call has ended for a second: the calls of each side wait until they may "
        + "send calls to the other. The call was not sent. Send fewer calls from served calls, or raise MaxConcurrentCalls.")
    {
        Outcome = TunnelCallOutcome.NotSent,
    };

    private sealed class Waiter(IncomingCallLimiter? served)
        : TaskCompletionSource<WaitResult>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        /// <summary>The limiter of the served call that makes this one-way call; null otherwise.</summary>
        public IncomingCallLimiter? Served => served;

        // Set once, under the limiter's gate, when the call is taken out of its queue.
        public WaitResult Result { get; set; }

        // Guarded by the limiter's gate: in a queue while the call waits.
        public LinkedListNode<Waiter>? Node { get; set; }
    }
}
