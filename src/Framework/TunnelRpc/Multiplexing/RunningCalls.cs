namespace TunnelRpc.Multiplexing;

/// <summary>Counts the calls of the peer that run here, against this side's limit. Thread-safe.</summary>
/// <param name="limit">The limit, which the peer knows.</param>
internal sealed class RunningCalls(int limit)
{
    // Changed atomically: calls that run, and those of them that the peer does not wait for any more.
    private int _running;
    private int _abandoned;

    // Changed atomically: those of them that belong to a call of this side, for which the peer has room of their own.
    private int _nested;

    // Changed atomically: one-way calls that are over, and that the peer was not told of.
    private int _endedOneWays;

    // Set once: the peer waits for the last of them.
    private volatile bool _tellsAtOnce;

    public int Count => Volatile.Read(ref _running);

    /// <summary>Whether more run than the peer may begin, but for those nested in others.</summary>
    public bool IsOverLimit
    {
        get
        {
            // Read before the count, from which a call is taken first: one that is removed meanwhile must not count without being deducted.
            int deducted = Volatile.Read(ref _nested) + Forgiven;
            return Count - deducted > limit;
        }
    }

    /// <summary>
    /// Calls that run though the peer has given them up do not take the room of its next ones, up to as many as may run: a peer
    /// that keeps to the limit is not refused for work that stops late, and one that does not keeps little more than twice as many.
    /// </summary>
    private int Forgiven => Math.Min(Volatile.Read(ref _abandoned), limit);

    /// <summary>A call begins to run; false when that would be one too many.</summary>
    /// <param name="mayBeNested">Whether it may be nested in one that runs: of these there may be as many again.</param>
    public bool TryAdd(bool mayBeNested)
    {
        int forgiven = Forgiven;
        int running = Interlocked.Increment(ref _running);
        if (running <= (2L * limit) + forgiven && (mayBeNested || !IsOverLimit))
        {
            return true;
        }

        Interlocked.Decrement(ref _running);
        return false;
    }

    /// <summary>The peer does not wait any more for a call that runs, and may begin another one at once; once a call, until <see cref="Forget"/>.</summary>
    public void Abandon() => Interlocked.Increment(ref _abandoned);

    /// <summary>A call that the peer does not wait for is removed; behind its removal, or its room would count again meanwhile.</summary>
    public void Forget() => Interlocked.Decrement(ref _abandoned);

    /// <summary>A call that has begun to run is nested in one of this side; once a call, before its removal.</summary>
    public void Nest() => Interlocked.Increment(ref _nested);

    /// <summary>A call no longer runs.</summary>
    public void Remove(bool nested)
    {
        Interlocked.Decrement(ref _running);
        if (nested)
        {
            Interlocked.Decrement(ref _nested);
        }
    }

    /// <summary>A one-way call is over, or never ran. Gives of how many the peer is to be told now: a quarter of the limit at a time.</summary>
    public int EndOneWay()
    {
        int ended = Interlocked.Increment(ref _endedOneWays);
        return _tellsAtOnce || ended >= Math.Max(1, limit / 4) ? Interlocked.Exchange(ref _endedOneWays, 0) : 0;
    }

    /// <summary>From now on the peer is told of each one-way call that is over. Gives of how many it is to be told now.</summary>
    public int TellAtOnce()
    {
        // Set before the look: one that ends meanwhile is found here, or tells by itself.
        _tellsAtOnce = true;
        return Interlocked.Exchange(ref _endedOneWays, 0);
    }
}
