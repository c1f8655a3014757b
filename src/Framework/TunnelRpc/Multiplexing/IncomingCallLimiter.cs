using System.Diagnostics;
using TunnelRpc.Accounting;

namespace TunnelRpc.Multiplexing;

// Decision: docs/adr/0011-one-way-calls-keep-their-permit.md
/// <summary>
/// Limits the calls of the peer that run on this side. A call holds a <see cref="Permit"/> while its work runs. The peer knows the limit
/// and keeps within it, so a call above the limit is refused and never waits. Thread-safe.
/// </summary>
/// <param name="limits">The limits of this side.</param>
/// <param name="memory">The account of the session, whose user and address limit the calls of all their sessions; null for none.</param>
/// <param name="reportEndedOneWays">
/// Sends the peer the number of one-way calls that have ended since the last report, and the size of their arguments, so that it releases
/// both. Called on any thread.
/// </param>
[DebuggerDisplay("{Count} permits of {_limit}")]
internal sealed class IncomingCallLimiter(TunnelLimits limits, MemoryAccount? memory, Action<int, long> reportEndedOneWays)
{
    private const int MinAbandonedAllowanceBytes = 16 << 20;

    private readonly int _limit = limits.MaxConcurrentCalls;

    // The calls that run.
    private SessionCallCount _running = new(memory);

    // Changed atomically: running calls whose caller does not wait for them any more. Included in _running.
    private int _abandonedCount;

    // Changed atomically: running calls that are nested in a call of this side; the peer has extra permits for them. Included in
    // _running.
    private int _nestedCount;

    // Changed atomically: the arguments of running calls, as far as they are counted, and of those that are nested or abandoned.
    private long _argumentBytes;
    private long _nestedBytes;
    private long _abandonedBytes;

    // Changed atomically: one-way calls that have ended and are not reported yet, and their arguments.
    private int _unreportedOneWayCount;
    private long _unreportedOneWayBytes;

    // Set once, when the session drains: the peer waits for the last of its one-way calls.
    private volatile bool _reportsImmediately;

    /// <summary>The calls that run.</summary>
    public int Count => _running.Running;

    /// <summary>Whether more calls run than the peer may start, nested calls not counted.</summary>
    public bool IsOverLimit
    {
        get
        {
            // Read before the running count, which a call leaves first: a call that ends concurrently must not be counted without its
            // deduction.
            int deducted = Volatile.Read(ref _nestedCount) + AbandonedAllowance;
            return Count - deducted > _limit;
        }
    }

    /// <summary>
    /// Whether the peer can start no call that is not nested, as far as it knows: its nested calls have permits, too, and it may not know
    /// yet that some one-way calls have ended. A hint.
    /// </summary>
    public bool IsFull =>
        Count - AbandonedAllowance + Volatile.Read(ref _unreportedOneWayCount) >= _limit
        || Volatile.Read(ref _argumentBytes) + Volatile.Read(ref _unreportedOneWayBytes) >= limits.MaxPendingCallBytes;

    /// <summary>
    /// Whether the arguments of running calls are beyond what a correct peer sends, without a call of this size, which has a permit: the
    /// limit and one message, since calls may arrive in another order than they were admitted. Nested calls do not count, nor do abandoned
    /// ones, up to the limit and at least up to 16 MiB.
    /// </summary>
    public bool AreArgumentsBeyondLimit(int bytes)
    {
        // In this order for the reason given in IsOverLimit.
        long deducted = Volatile.Read(ref _nestedBytes)
            + Math.Min(Volatile.Read(ref _abandonedBytes), Math.Max(limits.MaxPendingCallBytes, MinAbandonedAllowanceBytes));
        return Volatile.Read(ref _argumentBytes) - MemoryAccount.CountedSize(bytes) - deducted
            >= (long)limits.MaxPendingCallBytes + limits.MaxMessageSize;
    }

    /// <summary>
    /// Abandoned calls do not use up permits of the peer's next calls, up to the limit. So a peer that keeps within the limit is not
    /// refused for work that stops late, and a peer that does not keep within it runs little more than twice as many.
    /// </summary>
    private int AbandonedAllowance => Math.Min(Volatile.Read(ref _abandonedCount), _limit);

    /// <summary>Acquires a permit for a call that has arrived; false if it exceeds the limit.</summary>
    /// <param name="mayBeNested">
    /// Whether the call may be nested in a running one. These may be more (<see cref="NestedCall.MaxRunning"/>).
    /// </param>
    /// <param name="isOneWay">Whether the call is one-way: its end is reported to the peer.</param>
    /// <param name="permit">The permit; on false an empty one.</param>
    /// <param name="refusal">
    /// On false: the limit of the user or the address that the call exceeds; null if it exceeds that of the session.
    /// </param>
    public bool TryAcquire(bool mayBeNested, bool isOneWay, out Permit permit, out PartitionRefusal? refusal)
    {
        refusal = null;
        int allowance = AbandonedAllowance;
        int running = _running.Add();
        if (running <= NestedCall.MaxRunning(_limit) + allowance
            && (mayBeNested || !IsOverLimit)
            && _running.TryGrant(out refusal))
        {
            permit = new Permit(this, isOneWay);
            return true;
        }

        _running.Remove();
        permit = default;
        return false;
    }

    /// <summary>
    /// A one-way call has ended, or was refused: it is reported with the next batch, a quarter of either limit.
    /// </summary>
    /// <param name="argumentBytes">The size of its message, as far as it is counted.</param>
    public void OnOneWayEnded(int argumentBytes)
    {
        // Before the count: the report that has the call has its bytes, too, or a later one has.
        long bytes = Interlocked.Add(ref _unreportedOneWayBytes, argumentBytes);
        int ended = Interlocked.Increment(ref _unreportedOneWayCount);
        if (_reportsImmediately || ended >= Math.Max(1, _limit / 4) || bytes >= Math.Max(1, limits.MaxPendingCallBytes / 4))
        {
            Report();
        }
    }

    /// <inheritdoc cref="SessionCallCount.ReturnUnused"/>
    public int ReturnUnusedGrants() => _running.ReturnUnused();

    /// <inheritdoc cref="SessionCallCount.End"/>
    public void OnSessionEnded() => _running.End();

    /// <summary>
    /// From now on the end of each one-way call is reported at once, and those that are not reported yet are reported now.
    /// </summary>
    public void ReportOneWaysImmediately()
    {
        // Set before the report: a call that ends concurrently is in this report, or is reported by OnOneWayEnded.
        _reportsImmediately = true;
        Report();
    }

    private void Report()
    {
        int count = Interlocked.Exchange(ref _unreportedOneWayCount, 0);
        long bytes = Interlocked.Exchange(ref _unreportedOneWayBytes, 0);
        if (count > 0 || bytes > 0)
        {
            reportEndedOneWays(count, bytes);
        }
    }

    /// <summary>
    /// One running call's permit. Released exactly once: <see cref="Dispose"/> claims the release in one atomic state word. Lives in one
    /// field of its owner: the reader, then the call (<see cref="Move"/>).
    /// </summary>
    /// <remarks>
    /// The state word consists of flags. <see cref="Dispose"/> sets Releasing, which claims the release, then takes the call out of the
    /// counts, then sets Released. So a call that is abandoned while it is being released is still deducted until it is out of the running
    /// count.
    /// </remarks>
    internal struct Permit : IDisposable
    {
        private const int OneWay = 1;
        private const int Nested = 2;
        private const int Abandoned = 4;
        private const int Releasing = 8;
        private const int Released = 16;

        private readonly IncomingCallLimiter? _limiter;

        // Changed atomically once the call can be found by others.
        private int _state;

        // The size of the call's message, as far as it is counted. Set before the call can be found by others.
        private int _argumentBytes;

        internal Permit(IncomingCallLimiter limiter, bool isOneWay)
        {
            _limiter = limiter;
            _state = isOneWay ? OneWay : 0;
        }

        /// <summary>
        /// Transfers the permit to another owner; this one is empty then. Not thread-safe: only before the call can be found by others.
        /// </summary>
        public Permit Move()
        {
            Permit moved = this;
            this = default;
            return moved;
        }

        /// <summary>The size of the call's message. Once; not thread-safe, as <see cref="Move"/>.</summary>
        public void SetMessageSize(int bytes)
        {
            _argumentBytes = MemoryAccount.CountedSize(bytes);
            if (_argumentBytes > 0)
            {
                Interlocked.Add(ref _limiter!._argumentBytes, _argumentBytes);
            }
        }

        /// <summary>The call is nested in a call of this side. Once; not thread-safe, as <see cref="Move"/>.</summary>
        public void MarkNested()
        {
            if (_limiter is not null)
            {
                _state |= Nested;
                Interlocked.Increment(ref _limiter._nestedCount);
                Interlocked.Add(ref _limiter._nestedBytes, _argumentBytes);
            }
        }

        /// <summary>
        /// The caller does not wait for the call any more, and may start its next one at once: the call is deducted from the limit until
        /// its permit is released. Thread-safe; further calls have no effect, nor has one after the release.
        /// </summary>
        public void Abandon()
        {
            if (_limiter is null)
            {
                return;
            }

            // Incremented before the flag is set: whichever thread sees the flag may decrement.
            Interlocked.Increment(ref _limiter._abandonedCount);
            Interlocked.Add(ref _limiter._abandonedBytes, _argumentBytes);
            if ((Interlocked.Or(ref _state, Abandoned) & (Abandoned | Released)) != 0)
            {
                RemoveAbandoned();
            }
        }

        /// <summary>
        /// Releases the permit; the end of a one-way call is reported to the peer. Thread-safe; further calls have no effect.
        /// </summary>
        public void Dispose()
        {
            if (_limiter is null)
            {
                return;
            }

            int state = Interlocked.Or(ref _state, Releasing);
            if ((state & Releasing) != 0)
            {
                return;
            }

            _limiter._running.Remove();
            if (_argumentBytes > 0)
            {
                Interlocked.Add(ref _limiter._argumentBytes, -_argumentBytes);
            }

            if ((state & Nested) != 0)
            {
                Interlocked.Decrement(ref _limiter._nestedCount);
                Interlocked.Add(ref _limiter._nestedBytes, -_argumentBytes);
            }

            if ((state & OneWay) != 0)
            {
                _limiter.OnOneWayEnded(_argumentBytes);
            }

            // After the running count, or the call would be counted without its deduction in between.
            if ((Interlocked.Or(ref _state, Released) & Abandoned) != 0)
            {
                RemoveAbandoned();
            }
        }

        private readonly void RemoveAbandoned()
        {
            Interlocked.Decrement(ref _limiter!._abandonedCount);
            Interlocked.Add(ref _limiter._abandonedBytes, -_argumentBytes);
        }
    }
}
