namespace TunnelRpc.Accounting;

/// <summary>
/// What one session holds in memory: its send buffer, messages half received, and what is held for calls (arguments, elements that
/// nobody has taken, messages that wait to be sent). Thread-safe, but for the members that are the reader's.
/// </summary>
/// <remarks>Whoever adds gives back; what is left when the session is over is given back by <see cref="Close"/>, after which nothing reaches the budget.</remarks>
/// <param name="maxCallBytes">The most bytes for calls.</param>
/// <param name="budget">What all sessions hold; null where there is one session.</param>
internal sealed class MemoryAccount(long maxCallBytes = long.MaxValue, MemoryBudget? budget = null)
{
    /// <summary>A message of less is bounded by the number of calls, and not counted: the usual call touches no counter.</summary>
    public const int MinAccountedBytes = 1 << 10;

    /// <summary>What may be held for a call at any time.</summary>
    private const int MinCallShareBytes = 16 << 10;

    /// <summary>Far below anything that additions get a closed account back from.</summary>
    private const long ClosedMarker = long.MinValue / 2;

    /// <summary>What the reader gathers before others see it.</summary>
    private const int PublishThresholdBytes = 64 << 10;

    // Changed atomically; about Closed once the account is closed.
    private long _accountedBytes;

    // Changed atomically: that of it which is for calls.
    private long _callBytes;

    // Written by the reader: for calls, and not in the counters yet.
    private long _unpublishedCallBytes;

    /// <summary>What is held now. May be a little late.</summary>
    public long AccountedBytes => Math.Max(0, Volatile.Read(ref _accountedBytes));

    /// <summary>What is held for calls now. May be a little late.</summary>
    public long AccountedCallBytes => Math.Max(0, Volatile.Read(ref _callBytes) + Volatile.Read(ref _unpublishedCallBytes));

    /// <summary>Whether more is held for calls than there may be.</summary>
    public bool IsOverCallLimit => AccountedCallBytes > maxCallBytes;

    /// <summary>Whether more is held for calls than there may be, and so much of it for one of them that it is in the way of the others.</summary>
    /// <param name="bytes">What is held for the one.</param>
    /// <param name="calls">How many there are.</param>
    public bool IsExcessiveShare(long bytes, int calls) => IsOverCallLimit && bytes > Math.Max(MinCallShareBytes, maxCallBytes / 2 / Math.Max(1, calls));

    /// <summary>Whether a call's message may be kept. One may always, so that a message above the limit passes when it is alone.</summary>
    public bool HasCallCapacity(int bytes) => AccountedCallBytes is var held && (held == 0 || held + bytes <= maxCallBytes);

    /// <summary>Counts bytes that are not for calls; below zero, those that are held no more.</summary>
    public void Add(long bytes)
    {
        if (Interlocked.Add(ref _accountedBytes, bytes) > ClosedMarker / 2)
        {
            budget?.Add(bytes);
        }
    }

    /// <summary>Counts bytes for calls; below zero, those that are held no more.</summary>
    public void AddCallBytes(long bytes)
    {
        Interlocked.Add(ref _callBytes, bytes);
        Add(bytes);
    }

    /// <summary>Counts bytes for calls that have come. The reader's, which publishes them when it has read what there was.</summary>
    public void AddReceivedCallBytes(int bytes)
    {
        Volatile.Write(ref _unpublishedCallBytes, _unpublishedCallBytes + bytes);
        if (_unpublishedCallBytes >= PublishThresholdBytes)
        {
            PublishReceivedCallBytes();
        }
    }

    /// <summary>Keeps a message that has to wait; the caller gives it back.</summary>
    /// <exception cref="TunnelException">There is no room for it.</exception>
    public void ReserveCallBytes(int bytes, string what)
    {
        if (!HasCallCapacity(bytes))
        {
            throw CreateLimitException($"{what} would have to wait, and was not sent");
        }

        AddCallBytes(bytes);
    }

    /// <summary>The reader's: what it has counted is there for all to see.</summary>
    public void PublishReceivedCallBytes()
    {
        if (_unpublishedCallBytes != 0)
        {
            long received = _unpublishedCallBytes;
            Volatile.Write(ref _unpublishedCallBytes, 0);
            AddCallBytes(received);
        }
    }

    /// <summary>What a call fails with that there is no room for.</summary>
    public TunnelException CreateLimitException(string what) => new(
        TunnelStatus.ResourceExhausted,
        $"{what}: {AccountedCallBytes} bytes of arguments, stream elements and waiting messages are held for calls of this session, of at most {maxCallBytes} (limit MaxPendingCallBytes).");

    /// <summary>The session is over, and nothing of it runs. Once or more.</summary>
    public void Close()
    {
        PublishReceivedCallBytes();
        long left = Interlocked.Exchange(ref _accountedBytes, ClosedMarker);
        if (left > ClosedMarker / 2 && left != 0)
        {
            budget?.WriteOff(left);
        }
    }
}
