using TunnelRpc.Accounting;

namespace TunnelRpc.Multiplexing;

/// <summary>
/// The credit that this side has given the peer for one stream: checks that the peer keeps it, and says when to give more.
/// No I/O. <see cref="OnReceived"/> is the reader's; <see cref="OnConsumed"/> is the consumer's; <see cref="Release"/> is anybody's.
/// </summary>
/// <param name="windowSize">The most bytes that are under way.</param>
/// <param name="memory">Where they are counted until they are taken, and credit for them has been given.</param>
internal sealed class ReceiveWindow(int windowSize, MemoryAccount memory)
{
    /// <summary>More than any peer is given. What comes to a window like this is nobody's, and not counted.</summary>
    private const long ReleasedCredit = 1L << 60;

    // Changed atomically: what the peer may still send; below zero by at most one message. About Released once nobody takes elements any more.
    private long _credit = windowSize;

    // Consumed and not given back yet; the consumer's.
    private long _pendingCredit;

    /// <summary>How long the stream's last message was, up to the window: the next one is likely to be as long. The reader's.</summary>
    public int LastMessageSize
    {
        get;
        set => field = Math.Min(value, windowSize);
    }

    /// <summary>A message has come, or the first part of one.</summary>
    /// <exception cref="TunnelProtocolException">The peer had no credit.</exception>
    public void OnReceived(int bytes, bool startsMessage)
    {
        if (startsMessage && Volatile.Read(ref _credit) <= 0)
        {
            throw new TunnelProtocolException($"Expected no elements on a stream whose window of {windowSize} bytes is used up (limit StreamWindow), got {bytes} bytes.");
        }

        if (Interlocked.Add(ref _credit, -bytes) < ReleasedCredit / 2)
        {
            memory.AddReceivedCallBytes(bytes);
        }
    }

    /// <summary>Whether elements wait here that nobody takes, in a session that has no room for them.</summary>
    /// <param name="openCalls">How many calls there are.</param>
    public bool ShouldAbortToFreeMemory(int openCalls) => Volatile.Read(ref _credit) is var credit && credit < ReleasedCredit / 2 && memory.IsExcessiveShare(windowSize - credit, openCalls);

    /// <summary>What a stream ends with that is in the way.</summary>
    public TunnelException MemoryLimitError() => memory.CreateLimitException("The stream has elements that are not taken, and was ended as more came");

    /// <summary>Nobody takes elements any more. Once or more.</summary>
    public void Release()
    {
        long credit = Interlocked.Exchange(ref _credit, ReleasedCredit);
        if (credit < ReleasedCredit / 2)
        {
            memory.AddCallBytes(credit - windowSize);
        }
    }

    /// <summary>The application has taken elements of this size; gives the credit to send to the peer now, or 0 to wait for more.</summary>
    public long OnConsumed(int bytes)
    {
        _pendingCredit += bytes;
        if (_pendingCredit < Math.Max(windowSize / 8, 1))
        {
            return 0;
        }

        long give = _pendingCredit;
        _pendingCredit = 0;
        if (Interlocked.Add(ref _credit, give) >= ReleasedCredit / 2)
        {
            return 0;
        }

        memory.AddCallBytes(-give);
        return give;
    }
}
