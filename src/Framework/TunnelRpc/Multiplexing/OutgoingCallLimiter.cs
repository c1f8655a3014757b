using System.Diagnostics;

namespace TunnelRpc.Multiplexing;

/// <summary>
/// Keeps the calls of this side within the number that the peer runs at once (its limit MaxConcurrentCalls). A call holds a <see
/// cref="Permit"/>; further calls wait in order of arrival. Nested calls, for which a running call may wait, have a second set of as many
/// permits. Thread-safe.
/// </summary>
/// <param name="limit">The peer's limit.</param>
[DebuggerDisplay("{AcquiredCount} permits of {_limit}, {WaiterCount} waiting")]
internal sealed class OutgoingCallLimiter(int limit)
{
    private readonly int _limit = limit;

    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly LinkedList<TaskCompletionSource> _waitQueue = new();
    private TunnelException? _failure;
    private string? _drainReason;

    // Set once, by Drain.
    private volatile Action? _onEmpty;

    // Changed atomically: permits that are held, and for a moment those that TryAcquire tries to take above the limit.
    private int _acquired;

    // Changed atomically: waiters that are in the queue, or about to be.
    private int _waiterCount;

    // Changed atomically: permits of one-way calls. Included in _acquired.
    private int _oneWayCount;

    /// <summary>The permits that are held, including those of one-way calls that the peer has not reported as ended.</summary>
    public int AcquiredCount => Volatile.Read(ref _acquired);

    /// <summary>The permits of calls that get a reply.</summary>
    public int ReplyExpectedCount => AcquiredCount - Volatile.Read(ref _oneWayCount);

    /// <summary>The calls that wait for a permit.</summary>
    public int WaiterCount => Volatile.Read(ref _waiterCount);

    /// <summary>Acquires a permit if one is free.</summary>
    /// <param name="isOneWay">Whether the call is one-way.</param>
    /// <param name="permit">The permit; on false an empty one.</param>
    public bool TryAcquire(bool isOneWay, out Permit permit)
    {
        permit = default;
        if (!TryIncrement(_limit))
        {
            return false;
        }

        if (isOneWay)
        {
            Interlocked.Increment(ref _oneWayCount);
        }

        permit = new Permit(this, isOneWay);
        return true;
    }

    /// <summary>Acquires a permit for a call that is nested in a running one and gets a reply. There are as many of these again.</summary>
    public bool TryAcquireNested(out Permit permit)
    {
        bool isAcquired = TryIncrement(2L * _limit);
        permit = isAcquired ? new Permit(this, isOneWay: false) : default;
        return isAcquired;
    }

    /// <summary>Waits for a permit. A wait that fails or is cancelled holds nothing.</summary>
    /// <param name="affinity">A call with <see cref="CallAffinity.AnySession"/> stops waiting when the session drains.</param>
    /// <param name="isOneWay">Whether the call is one-way.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The permit, which the caller stores in one field.</returns>
    /// <exception cref="TunnelException">The session has ended, or drains.</exception>
    public async ValueTask<Permit> AcquireAsync(CallAffinity affinity, bool isOneWay, CancellationToken cancellationToken)
    {
        Permit permit;
        while (!TryAcquire(isOneWay, out permit))
        {
            LinkedListNode<TaskCompletionSource> waiter;
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

                waiter = _waitQueue.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            }

            try
            {
                await waiter.Value.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                CancelWait(waiter);
                throw;
            }
        }

        return permit;
    }

    /// <summary>The session drains: calls with <see cref="CallAffinity.AnySession"/> stop waiting.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="onEmpty">Called each time that the last permit is released; on any thread, under any lock.</param>
    public void Drain(string reason, Action onEmpty)
    {
        _onEmpty = onEmpty;
        lock (_gate)
        {
            _drainReason = reason;
            while (_waitQueue.Count > 0)
            {
                // Every waiter checks again; calls that belong to this session queue once more.
                WakeNextLocked();
            }
        }
    }

    /// <summary>
    /// The peer reports that one-way calls have ended: releases their permits. False, and nothing is released, if there are fewer.
    /// </summary>
    public bool TryReleaseOneWays(ulong count)
    {
        if (count is 0 or > int.MaxValue || !TryRemoveOneWays((int)count))
        {
            return false;
        }

        for (ulong i = 0; i < count; i++)
        {
            Release();
        }

        return true;
    }

    /// <summary>The session has ended: calls that wait fail, and so do later ones that would have to.</summary>
    public void Fail(TunnelException error)
    {
        lock (_gate)
        {
            // Every waiter checks again and throws the error itself, so no task keeps an exception that nothing observes.
            _failure = error;
            while (_waitQueue.Count > 0)
            {
                WakeNextLocked();
            }
        }
    }

    private bool TryIncrement(long max)
    {
        if (Interlocked.Increment(ref _acquired) <= max)
        {
            return true;
        }

        Release();
        return false;
    }

    private void Release()
    {
        int remaining = Interlocked.Decrement(ref _acquired);
        if (remaining < _limit && Volatile.Read(ref _waiterCount) > 0)
        {
            WakeNext();
        }

        if (remaining == 0)
        {
            _onEmpty?.Invoke();
        }
    }

    /// <summary>
    /// Removes one-way permits from their count; false if there are fewer. The count never goes below zero, whatever the peer reports.
    /// </summary>
    private bool TryRemoveOneWays(int count)
    {
        int current = Volatile.Read(ref _oneWayCount);
        while (count <= current)
        {
            int seen = Interlocked.CompareExchange(ref _oneWayCount, current - count, current);
            if (seen == current)
            {
                return true;
            }

            current = seen;
        }

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
        if (_waitQueue.First is { } waiter)
        {
            RemoveWaiterLocked(waiter);
            waiter.Value.SetResult();
        }
    }

    private void CancelWait(LinkedListNode<TaskCompletionSource> waiter)
    {
        lock (_gate)
        {
            if (waiter.List is not null)
            {
                RemoveWaiterLocked(waiter);
            }
            else
            {
                // The waiter was woken while its wait was cancelled: wake the next one instead, or a free permit would stay unused.
                WakeNextLocked();
            }
        }
    }

    private void RemoveWaiterLocked(LinkedListNode<TaskCompletionSource> waiter)
    {
        _waitQueue.Remove(waiter);
        Interlocked.Decrement(ref _waiterCount);
    }

    /// <summary>
    /// One call's permit. Released exactly once: <see cref="Dispose"/> claims the release with one atomic exchange, so the caller, the
    /// reader and the end of the session may all dispose it. Stored in one field (<see cref="TunnelStream.OutgoingPermit"/>) and never
    /// copied from there.
    /// </summary>
    /// <remarks>
    /// States: Empty (never acquired, or released); Held; HeldByOneWay (a one-way call that is not sent yet, or not as a whole).
    /// <code>
    /// Held         → Empty  Dispose: the call has ended, or was not sent
    /// HeldByOneWay → Empty  Dispose: the call was not sent
    /// HeldByOneWay → Empty  KeepUntilReported: the call was sent; the limiter owns the permit until the peer reports its end
    /// </code>
    /// </remarks>
    internal struct Permit : IDisposable
    {
        private const int Empty = 0;
        private const int Held = 1;
        private const int HeldByOneWay = 2;

        private readonly OutgoingCallLimiter _limiter;

        // Changed atomically.
        private int _state;

        internal Permit(OutgoingCallLimiter limiter, bool isOneWay)
        {
            _limiter = limiter;
            _state = isOneWay ? HeldByOneWay : Held;
        }

        /// <summary>
        /// The one-way call was sent as a whole: <see cref="TryReleaseOneWays"/> releases its permit, and disposing has no effect any more.
        /// </summary>
        public void KeepUntilReported() => Interlocked.CompareExchange(ref _state, Empty, HeldByOneWay);

        /// <summary>Releases the permit. Thread-safe; further calls have no effect.</summary>
        public void Dispose()
        {
            if (Volatile.Read(ref _state) == Empty)
            {
                return;
            }

            switch (Interlocked.Exchange(ref _state, Empty))
            {
                case Held:
                    _limiter.Release();
                    break;

                // False if the peer has reported more one-way calls than it got: its report has released this permit already.
                case HeldByOneWay when _limiter.TryRemoveOneWays(1):
                    _limiter.Release();
                    break;
            }
        }
    }
}
