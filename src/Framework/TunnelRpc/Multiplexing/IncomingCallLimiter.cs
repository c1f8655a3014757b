namespace TunnelRpc.Multiplexing;

/// <summary>Counts the calls of the peer that run here, against this side's limit. Thread-safe.</summary>
/// <param name="limit">The limit, which the peer knows.</param>
internal sealed class IncomingCallLimiter(int limit)
{
    // Changed atomically: calls that run, and those of them that the peer does not wait for any more.
    private int _runningCount;
    private int _abandonedCount;

    // Changed atomically: those of them that belong to a call of this side, for which the peer has room of their own.
    private int _nestedCount;

    // Changed atomically: one-way calls that are over, and that the peer was not told of.
    private int _unreportedOneWayCount;

    // Set once: the peer waits for the last of them.
    private volatile bool _reportsImmediately;

    public int Count => Volatile.Read(ref _runningCount);

    /// <summary>Whether more run than the peer may begin, but for those nested in others.</summary>
    public bool IsOverLimit
    {
        get
        {
            // Read before the count, from which a call is taken first: one that is removed meanwhile must not count without being deducted.
            int deducted = Volatile.Read(ref _nestedCount) + AbandonedAllowance;
            return Count - deducted > limit;
        }
    }

    /// <summary>
    /// Calls that run though the peer has given them up do not take the room of its next ones, up to as many as may run: a peer
    /// that keeps to the limit is not refused for work that stops late, and one that does not keeps little more than twice as many.
    /// </summary>
    private int AbandonedAllowance => Math.Min(Volatile.Read(ref _abandonedCount), limit);

    /// <summary>A call begins to run; false when that would be one too many.</summary>
    /// <param name="mayBeNested">Whether it may be nested in one that runs: of these there may be as many again.</param>
    public bool TryAcquire(bool mayBeNested)
    {
        int forgiven = AbandonedAllowance;
        int running = Interlocked.Increment(ref _runningCount);
        if (running <= (2L * limit) + forgiven && (mayBeNested || !IsOverLimit))
        {
            return true;
        }

        Interlocked.Decrement(ref _runningCount);
        return false;
    }

    /// <summary>The peer does not wait any more for a call that runs, and may begin another one at once; once a call, until <see cref="RemoveAbandoned"/>.</summary>
    public void AddAbandoned() => Interlocked.Increment(ref _abandonedCount);

    /// <summary>A call that the peer does not wait for is removed; behind its removal, or its room would count again meanwhile.</summary>
    public void RemoveAbandoned() => Interlocked.Decrement(ref _abandonedCount);

    /// <summary>A call that has begun to run is nested in one of this side; once a call, before its removal.</summary>
    public void AddNested() => Interlocked.Increment(ref _nestedCount);

    /// <summary>A call no longer runs.</summary>
    public void Release(bool isNested)
    {
        Interlocked.Decrement(ref _runningCount);
        if (isNested)
        {
            Interlocked.Decrement(ref _nestedCount);
        }
    }

    /// <summary>A one-way call is over, or never ran. Gives of how many the peer is to be told now: a quarter of the limit at a time.</summary>
    public int AddEndedOneWay()
    {
        int ended = Interlocked.Increment(ref _unreportedOneWayCount);
        return _reportsImmediately || ended >= Math.Max(1, limit / 4) ? Interlocked.Exchange(ref _unreportedOneWayCount, 0) : 0;
    }

    /// <summary>From now on the peer is told of each one-way call that is over. Gives of how many it is to be told now.</summary>
    public int ReportOneWaysImmediately()
    {
        // Set before the look: one that ends meanwhile is found here, or tells by itself.
        _reportsImmediately = true;
        return Interlocked.Exchange(ref _unreportedOneWayCount, 0);
    }
}
