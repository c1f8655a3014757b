namespace TunnelRpc.Multiplexing;

/// <summary>
/// The credit that this side has given the peer for one stream: checks that the peer keeps it, and says when to give more.
/// No I/O. <see cref="OnReceived"/> is the reader's; <see cref="OnConsumed"/> is the consumer's.
/// </summary>
internal sealed class ReceiveWindow(int window)
{
    // What the peer may still send; below zero by at most one message.
    private long _credit = window;

    // Consumed and not given back yet; the consumer's.
    private long _owed;

    /// <summary>A message has come, or the first part of one.</summary>
    /// <exception cref="TunnelProtocolException">The peer had no credit.</exception>
    public void OnReceived(int bytes, bool startsMessage)
    {
        if (startsMessage && Volatile.Read(ref _credit) <= 0)
        {
            throw new TunnelProtocolException($"Expected no elements on a stream whose window of {window} bytes is used up (limit StreamWindow), got {bytes} bytes.");
        }

        Interlocked.Add(ref _credit, -bytes);
    }

    /// <summary>The application has taken an element of this size; gives the credit to send to the peer now, or 0 to wait for more.</summary>
    public long OnConsumed(int bytes)
    {
        _owed += bytes;
        if (_owed < Math.Max(window / 8, 1))
        {
            return 0;
        }

        long give = _owed;
        _owed = 0;
        Interlocked.Add(ref _credit, give);
        return give;
    }
}
