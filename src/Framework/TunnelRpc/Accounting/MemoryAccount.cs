namespace TunnelRpc.Accounting;

/// <summary>
/// What one session holds in memory: its send buffer, messages half received, and what is held for calls (arguments, elements that
/// nobody has taken, messages that wait to be sent). Thread-safe, but for the members that are the reader's.
/// </summary>
/// <remarks>Whoever adds gives back; what is left when the session is over is given back by <see cref="Close"/>, after which nothing reaches the budget.</remarks>
/// <param name="callLimit">The most bytes for calls.</param>
/// <param name="budget">What all sessions hold; null where there is one session.</param>
internal sealed class MemoryAccount(long callLimit = long.MaxValue, MemoryBudget? budget = null)
{
    /// <summary>A message of less is bounded by the number of calls, and not counted: the usual call touches no counter.</summary>
    public const int LeastCounted = 1 << 10;

    /// <summary>What may be held for a call at any time.</summary>
    private const int LeastShare = 16 << 10;

    /// <summary>Far below anything that additions get a closed account back from.</summary>
    private const long Closed = long.MinValue / 2;

    /// <summary>What the reader gathers before others see it.</summary>
    private const int ReaderQuantum = 64 << 10;

    // Changed atomically; about Closed once the account is closed.
    private long _held;

    // Changed atomically: that of it which is for calls.
    private long _forCalls;

    // Written by the reader: for calls, and not in the counters yet.
    private long _received;

    /// <summary>What is held now. May be a little late.</summary>
    public long Held => Math.Max(0, Volatile.Read(ref _held));

    /// <summary>What is held for calls now. May be a little late.</summary>
    public long HeldForCalls => Math.Max(0, Volatile.Read(ref _forCalls) + Volatile.Read(ref _received));

    /// <summary>Whether more is held for calls than there may be.</summary>
    public bool IsOverCallLimit => HeldForCalls > callLimit;

    /// <summary>Whether more is held for calls than there may be, and so much of it for one of them that it is in the way of the others.</summary>
    /// <param name="bytes">What is held for the one.</param>
    /// <param name="calls">How many there are.</param>
    public bool IsInTheWay(long bytes, int calls) => IsOverCallLimit && bytes > Math.Max(LeastShare, callLimit / 2 / Math.Max(1, calls));

    /// <summary>Whether a call's message may be kept. One may always, so that a message above the limit passes when it is alone.</summary>
    public bool HasRoomForCall(int bytes) => HeldForCalls is var held && (held == 0 || held + bytes <= callLimit);

    /// <summary>Counts bytes that are not for calls; below zero, those that are held no more.</summary>
    public void Add(long bytes)
    {
        if (Interlocked.Add(ref _held, bytes) > Closed / 2)
        {
            budget?.Add(bytes);
        }
    }

    /// <summary>Counts bytes for calls; below zero, those that are held no more.</summary>
    public void AddForCalls(long bytes)
    {
        Interlocked.Add(ref _forCalls, bytes);
        Add(bytes);
    }

    /// <summary>Counts bytes for calls that have come. The reader's, which publishes them when it has read what there was.</summary>
    public void ReceiveForCalls(int bytes)
    {
        Volatile.Write(ref _received, _received + bytes);
        if (_received >= ReaderQuantum)
        {
            Publish();
        }
    }

    /// <summary>Keeps a message that has to wait; the caller gives it back.</summary>
    /// <exception cref="TunnelException">There is no room for it.</exception>
    public void Keep(int bytes, string what)
    {
        if (!HasRoomForCall(bytes))
        {
            throw NoRoom($"{what} would have to wait, and was not sent");
        }

        AddForCalls(bytes);
    }

    /// <summary>The reader's: what it has counted is there for all to see.</summary>
    public void Publish()
    {
        if (_received != 0)
        {
            long received = _received;
            Volatile.Write(ref _received, 0);
            AddForCalls(received);
        }
    }

    /// <summary>What a call fails with that there is no room for.</summary>
    public TunnelException NoRoom(string what) => new(
        TunnelStatus.ResourceExhausted,
        $"{what}: {HeldForCalls} bytes of arguments, stream elements and waiting messages are held for calls of this session, of at most {callLimit} (limit MaxPendingCallBytes).");

    /// <summary>The session is over, and nothing of it runs. Once or more.</summary>
    public void Close()
    {
        Publish();
        long left = Interlocked.Exchange(ref _held, Closed);
        if (left > Closed / 2 && left != 0)
        {
            budget?.Forget(left);
        }
    }
}
