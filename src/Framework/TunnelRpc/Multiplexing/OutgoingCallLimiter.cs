namespace TunnelRpc.Multiplexing;

/// <summary>
/// Keeps this side within the number of calls that the peer runs at once: further ones wait, first come, first served. Calls that
/// a running one may be waiting for have as much again.
/// </summary>
internal sealed class OutgoingCallLimiter(int limit)
{
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly LinkedList<TaskCompletionSource> _waitQueue = new();
    private TunnelException? _failure;
    private string? _drainReason;

    // Set once, when it matters.
    private volatile Action? _onEmpty;

    // Changed atomically; counts waiters who were let in, too.
    private int _acquired;

    // Changed atomically: how many are in the queue, or about to be.
    private int _waiterCount;

    // Changed atomically: one-way calls among them that the peer has not said are over.
    private int _oneWayCount;

    public int AcquiredCount => Volatile.Read(ref _acquired);

    /// <summary>Those that get an answer.</summary>
    public int ReplyExpectedCount => AcquiredCount - Volatile.Read(ref _oneWayCount);

    public int WaiterCount => Volatile.Read(ref _waiterCount);

    public bool TryAcquire() => TryAcquire(limit);

    /// <summary>For a call nested in one that runs.</summary>
    public bool TryAcquireNested() => TryAcquire(2L * limit);

    /// <param name="affinity">Calls that belong to no other wait no more once the session drains.</param>
    /// <param name="cancellationToken">Gives the wait up.</param>
    /// <exception cref="TunnelException">The session has ended, or drains.</exception>
    public async ValueTask AcquireAsync(CallAffinity affinity, CancellationToken cancellationToken)
    {
        while (!TryAcquire())
        {
            LinkedListNode<TaskCompletionSource> turn;
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

                // Announced before the look: whoever leaves after it sees the waiter.
                Interlocked.Increment(ref _waiterCount);
                if (Volatile.Read(ref _acquired) < limit)
                {
                    Interlocked.Decrement(ref _waiterCount);
                    continue;
                }

                turn = _waitQueue.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            }

            try
            {
                await turn.Value.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                CancelWait(turn);
                throw;
            }
        }
    }

    public void Release()
    {
        int left = Interlocked.Decrement(ref _acquired);
        if (left < limit && Volatile.Read(ref _waiterCount) > 0)
        {
            WakeNext();
        }

        if (left == 0)
        {
            _onEmpty?.Invoke();
        }
    }

    /// <summary>The session drains: calls that belong to no other wait no more.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="onEmpty">Called whenever no call is left; on whichever thread, under whatever lock.</param>
    public void Drain(string reason, Action onEmpty)
    {
        _onEmpty = onEmpty;
        lock (_gate)
        {
            _drainReason = reason;
            while (_waitQueue.Count > 0)
            {
                // Those that may go on wait again.
                WakeNextLocked();
            }
        }
    }

    /// <summary>A call that has entered is about to be sent: a one-way call keeps its room until the peer says that it is over.</summary>
    public void AddIfOneWay(FrameFlags flags)
    {
        if ((flags & FrameFlags.OneWay) != 0)
        {
            Interlocked.Increment(ref _oneWayCount);
        }
    }

    /// <summary>A call that was half sent has been given up, and has left.</summary>
    public void RemoveIfOneWay(FrameFlags flags)
    {
        if ((flags & FrameFlags.OneWay) != 0)
        {
            Interlocked.Decrement(ref _oneWayCount);
        }
    }

    /// <summary>The peer says that so many one-way calls are over; false when there are not that many.</summary>
    public bool TryReleaseOneWays(ulong count)
    {
        if (count == 0 || count > (ulong)Volatile.Read(ref _oneWayCount))
        {
            return false;
        }

        Interlocked.Add(ref _oneWayCount, -(int)count);
        for (ulong i = 0; i < count; i++)
        {
            Release();
        }

        return true;
    }

    public void Fail(TunnelException error)
    {
        lock (_gate)
        {
            // Those who wait look again, and find it: nobody is left with a failure that is not looked at.
            _failure = error;
            while (_waitQueue.Count > 0)
            {
                WakeNextLocked();
            }
        }
    }

    private bool TryAcquire(long max)
    {
        if (Interlocked.Increment(ref _acquired) <= max)
        {
            return true;
        }

        Release();
        return false;
    }

    private void WakeNext()
    {
        lock (_gate)
        {
            WakeNextLocked();
        }
    }

    private void WakeNextLocked()
    {
        if (_waitQueue.First is { } turn)
        {
            RemoveWaiter(turn);
            turn.Value.SetResult();
        }
    }

    private void CancelWait(LinkedListNode<TaskCompletionSource> waiter)
    {
        lock (_gate)
        {
            if (waiter.List is not null)
            {
                RemoveWaiter(waiter);
            }
            else
            {
                // The turn came as the wait was given up: it is passed on, or it would be lost to those behind.
                WakeNextLocked();
            }
        }
    }

    private void RemoveWaiter(LinkedListNode<TaskCompletionSource> waiter)
    {
        _waitQueue.Remove(waiter);
        Interlocked.Decrement(ref _waiterCount);
    }
}
