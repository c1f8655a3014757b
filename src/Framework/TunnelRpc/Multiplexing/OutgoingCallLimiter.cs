using System.Diagnostics;
using TunnelRpc.Accounting;
using TunnelRpc.Sessions;

namespace TunnelRpc.Multiplexing;

// Decision: docs/adr/0053-nested-calls-always-progress.md, docs/adr/0056-stalled-calls.md
/// <summary>
/// Keeps the calls of this side within what the peer runs at once (its limit MaxConcurrentCalls), and their arguments within what it holds
/// (its limit MaxPendingCallBytes). A call holds a <see cref="Permit"/>; further calls wait in order of arrival. Nested calls, for which a
/// running call waits, have as many permits again, and beyond those one for each depth of each chain. Thread-safe.
/// </summary>
/// <param name="peer">The peer's limits.</param>
[DebuggerDisplay("{AcquiredCount} permits of {_limit}, {WaiterCount} waiting")]
internal sealed partial class OutgoingCallLimiter(PeerLimits peer)
{
    private readonly int _limit = peer.MaxConcurrentCalls;

    private readonly Lock _gate = new();

    // Guarded by _gate. Each is created with the first call that waits in it: in most sessions none waits.
    private LinkedList<Waiter>? _waitQueue;
    private LinkedList<Waiter>? _servedWaitQueue;
    private LinkedList<NestedWaiter>? _nestedWaitQueue;

    // Guarded by _gate.
    private CallsBeyondLimit _beyondLimit;

    // Guarded by _gate: whether a permit was released, while calls waited, since the last check for a stall.
    private bool _hasReleased;
    private TunnelException? _failure;
    private string? _drainReason;

    // Set once, by Drain.
    private volatile Action? _onEmpty;

    // Changed atomically: permits that are held, and for a moment those that TryAcquire tries to take above the limit.
    private int _acquired;

    // Changed atomically: waiters that are in a queue, or about to be.
    private int _waiterCount;

    // Changed atomically: permits of one-way calls. Included in _acquired.
    private int _oneWayCount;

    // Changed atomically: arguments of one-way calls that the peer has not reported as ended. Included in Arguments.
    private long _oneWayBytes;

    /// <summary>The permits that are held, including those of one-way calls that the peer has not reported as ended.</summary>
    public int AcquiredCount => Volatile.Read(ref _acquired);

    /// <summary>The permits of calls that get a reply.</summary>
    public int ReplyExpectedCount => AcquiredCount - Volatile.Read(ref _oneWayCount);

    /// <summary>The calls that wait for a permit, or until their arguments may be sent.</summary>
    public int WaiterCount => Volatile.Read(ref _waiterCount) + Arguments.WaiterCount;

    /// <summary>
    /// The arguments of open calls. A message of less than <see cref="MemoryAccount.MinAccountedBytes"/> bytes is not counted.
    /// </summary>
    public ByteQuota Arguments { get; } = new(peer.MaxPendingCallBytes);

    /// <summary>Acquires a permit if one is free and the arguments may be sent now.</summary>
    /// <param name="isOneWay">Whether the call is one-way.</param>
    /// <param name="bytes">The size of the message.</param>
    /// <param name="permit">The permit; on false an empty one.</param>
    public bool TryAcquire(bool isOneWay, int bytes, out Permit permit)
    {
        permit = default;
        int counted = MemoryAccount.CountedSize(bytes);
        if (counted > 0 && !Arguments.TryAdd(counted))
        {
            return false;
        }

        if (!TryIncrement(_limit))
        {
            Arguments.Release(counted);
            return false;
        }

        permit = CreatePermit(isOneWay, counted);
        return true;
    }

    /// <summary>Waits until the arguments may be sent, then for a permit. A wait that fails or is cancelled holds nothing.</summary>
    /// <param name="affinity">A call with <see cref="CallAffinity.AnySession"/> stops waiting when the session drains.</param>
    /// <param name="isOneWay">Whether the call is one-way.</param>
    /// <param name="bytes">The size of the message.</param>
    /// <param name="served">
    /// The limiter of the served call that makes this one-way call; null otherwise. The call comes before others, and passes when stalled.
    /// </param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The permit, which the caller stores in one field.</returns>
    /// <exception cref="TunnelException">
    /// The session has ended, or drains; or the calls of the two sides wait for each other (ResourceExhausted).
    /// </exception>
    public async ValueTask<Permit> AcquireAsync(
        CallAffinity affinity, bool isOneWay, int bytes, IncomingCallLimiter? served, CancellationToken cancellationToken)
    {
        // Before the permit: calls with large arguments that wait must not hold the permits of small ones.
        int counted = MemoryAccount.CountedSize(bytes);
        bool isStalled = counted > 0 && await Arguments.AddServedAsync(counted, served, cancellationToken).ConfigureAwait(false);
        try
        {
            isStalled |= await WaitForPermitAsync(affinity, served, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            Arguments.Release(counted);
            throw;
        }

        Permit permit = CreatePermit(isOneWay, counted);
        permit.WasStalled = isStalled;
        return permit;
    }

    /// <summary>
    /// Waits until the arguments of a nested call may be sent, then for its permit. The call gets a reply. The deepest call of a chain does
    /// not wait for a permit, and that of the first chain does not wait at all.
    /// </summary>
    /// <param name="call">The place of the call in its chain.</param>
    /// <param name="bytes">The size of the message.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="TunnelException">
    /// The session has ended, or the calls of the two sides are nested too deeply (ResourceExhausted).
    /// </exception>
    public async ValueTask<Permit> AcquireNestedAsync(NestedCall call, int bytes, CancellationToken cancellationToken)
    {
        int counted = MemoryAccount.CountedSize(bytes);
        bool areArgumentsBeyondLimit = counted > 0 && await Arguments.AddAsync(counted, call, cancellationToken).ConfigureAwait(false);
        bool isBeyondLimit;
        try
        {
            isBeyondLimit = await WaitForNestedPermitAsync(call, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            Arguments.Release(counted, areArgumentsBeyondLimit ? call : default);
            throw;
        }

        return areArgumentsBeyondLimit || isBeyondLimit
            ? new Permit(this, false, counted, new NestedPermit(call, isBeyondLimit, areArgumentsBeyondLimit))
            : CreatePermit(isOneWay: false, counted);
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

            // Every waiter checks again; calls that belong to this session queue once more.
            WakeAllLocked();
        }
    }

    /// <summary>
    /// The peer reports that one-way calls have ended: releases their permits, and their arguments. False, and nothing is released, if
    /// there are fewer.
    /// </summary>
    public bool TryReleaseOneWays(ulong count, ulong bytes)
    {
        if (count > int.MaxValue
            || bytes > (ulong)Math.Max(0, Volatile.Read(ref _oneWayBytes))
            || (count > 0 && !TryRemoveOneWays((int)count)))
        {
            return false;
        }

        Interlocked.Add(ref _oneWayBytes, -(long)bytes);
        Arguments.Release((long)bytes);
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
            WakeAllLocked();

            while (_nestedWaitQueue?.First is { } waiter)
            {
                AdmitNestedLocked(waiter.Value, isBeyondLimit: false);
            }
        }

        Arguments.Fail(error);
    }

    private Permit CreatePermit(bool isOneWay, int bytes)
    {
        if (isOneWay)
        {
            Interlocked.Increment(ref _oneWayCount);
            Interlocked.Add(ref _oneWayBytes, bytes);
        }

        return new Permit(this, isOneWay, bytes, null);
    }

    private bool TryIncrement(long max)
    {
        if (Interlocked.Increment(ref _acquired) <= max)
        {
            return true;
        }

        // Wakes others, as Release does: one may have found no permit because this call had it for a moment.
        ReleaseCount(null, hasEnded: false);
        return false;
    }

    /// <summary>Waits for the permit of a nested call. True if the call runs beyond the permits for nested calls.</summary>
    private async ValueTask<bool> WaitForNestedPermitAsync(NestedCall call, CancellationToken cancellationToken)
    {
        NestedWaiter waiter;
        lock (_gate)
        {
            if (_failure is not null)
            {
                throw _failure;
            }

            // Increment the waiter count before checking, so that a concurrent release cannot miss it.
            Interlocked.Increment(ref _waiterCount);
            if (_nestedWaitQueue is not { Count: > 0 } && TryIncrementForNested(2L * _limit))
            {
                Interlocked.Decrement(ref _waiterCount);
                return false;
            }

            if (_beyondLimit.IsDeepestOfChain(call))
            {
                Interlocked.Decrement(ref _waiterCount);
                if (!TryIncrementForNested(NestedCall.MaxRunning(_limit)))
                {
                    throw TooDeepError(call);
                }

                _beyondLimit.Add(call);
                return true;
            }

            waiter = new NestedWaiter(call);
            waiter.Node = (_nestedWaitQueue ??= []).AddLast(waiter);
        }

        bool isBeyondLimit;
        try
        {
            isBeyondLimit = await waiter.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            CancelWait(waiter);
            throw;
        }

        return Volatile.Read(ref _failure) is { } failure ? throw failure : isBeyondLimit;
    }

    /// <summary>Takes a permit without waking others if there is none, as the caller holds the lock and looks after the queues.</summary>
    private bool TryIncrementForNested(long max)
    {
        int current = Volatile.Read(ref _acquired);
        while (current < max)
        {
            int seen = Interlocked.CompareExchange(ref _acquired, current + 1, current);
            if (seen == current)
            {
                return true;
            }

            current = seen;
        }

        return false;
    }

    private TunnelException TooDeepError(NestedCall call) => new(
        TunnelStatus.ResourceExhausted,
        $"Expected at most {NestedCall.MaxRunning(_limit)} calls of this session at once, nested ones included ({_limit}, the limit "
        + $"MaxConcurrentCalls of the peer, may run without being nested), got one more: a call that is nested {call.Depth} deep. The "
        + "calls of each side wait for calls that they make to the other. The call was not sent. Make fewer calls at once, or do not call "
        + "back while a call is served.")
    {
        Outcome = TunnelCallOutcome.NotSent,
    };

    /// <summary>The size of a message has changed, as <see cref="ByteQuota.Adjust"/> says.</summary>
    private void AdjustArguments(int difference, bool isOneWay)
    {
        Interlocked.Add(ref _oneWayBytes, isOneWay ? difference : 0);
        Arguments.Adjust(difference);
    }

    private void Release(NestedPermit? nested = null) => ReleaseCount(nested, hasEnded: true);

    private void ReleaseCount(NestedPermit? nested, bool hasEnded)
    {
        int remaining = Interlocked.Decrement(ref _acquired);
        if (nested is { IsBeyondLimit: true } || Volatile.Read(ref _waiterCount) > 0)
        {
            WakeWaiters(nested, hasEnded);
        }

        if (remaining == 0)
        {
            _onEmpty?.Invoke();
        }
    }

    /// <summary>A permit was released: lets the calls pass that may pass now.</summary>
    private void WakeWaiters(NestedPermit? released, bool hasEnded)
    {
        lock (_gate)
        {
            _hasReleased |= hasEnded;
            if (released is { IsBeyondLimit: true })
            {
                _beyondLimit.Remove(released.Call);
            }

            while (_nestedWaitQueue?.First is { } first && TryIncrementForNested(2L * _limit))
            {
                AdmitNestedLocked(first.Value, isBeyondLimit: false);
            }

            if (released is { IsBeyondLimit: true }
                && FindDeepestOfChain(released.Call.ChainId) is { } next
                && _beyondLimit.IsDeepestOfChain(next.Call)
                && TryIncrementForNested(NestedCall.MaxRunning(_limit)))
            {
                _beyondLimit.Add(next.Call);
                AdmitNestedLocked(next, isBeyondLimit: true);
            }

            if (Volatile.Read(ref _acquired) < _limit)
            {
                WakeNextLocked();
            }
        }
    }

    private NestedWaiter? FindDeepestOfChain(ulong chainId) =>
        _nestedWaitQueue?.Where(waiter => waiter.Call.ChainId == chainId).MaxBy(waiter => waiter.Call.Depth);

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

    private void AdmitNestedLocked(NestedWaiter waiter, bool isBeyondLimit)
    {
        waiter.Node!.List!.Remove(waiter.Node);
        Interlocked.Decrement(ref _waiterCount);
        waiter.IsBeyondLimit = isBeyondLimit;
        waiter.SetResult(isBeyondLimit);
    }

    private void CancelWait(NestedWaiter waiter)
    {
        lock (_gate)
        {
            if (waiter.Node!.List is { } queue)
            {
                queue.Remove(waiter.Node);
                Interlocked.Decrement(ref _waiterCount);
                return;
            }
        }

        if (Volatile.Read(ref _failure) is null)
        {
            // The call got its permit while its wait was cancelled.
            Release(new NestedPermit(waiter.Call, waiter.IsBeyondLimit, false));
        }
    }

    /// <summary>What a nested call holds beyond a limit.</summary>
    internal sealed record NestedPermit(NestedCall Call, bool IsBeyondLimit, bool AreArgumentsBeyondLimit);

    private sealed class NestedWaiter(NestedCall call) : TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public NestedCall Call => call;

        // Guarded by the limiter's gate.
        public bool IsBeyondLimit { get; set; }

        // Guarded by the limiter's gate: in the queue while the call waits.
        public LinkedListNode<NestedWaiter>? Node { get; set; }
    }
}
