namespace TunnelRpc.Sessions;

/// <summary>How much of the peer's stream has come, over however many paths: each byte counts once. The reader's; others may read <see cref="ReceivedOffset"/>.</summary>
internal sealed class ReceiveTracker
{
    // Written by the reader, read by the pump and the timer.
    private long _receivedOffset;

    public long ReceivedOffset => Volatile.Read(ref _receivedOffset);

    /// <summary>The peer's stream begins at <paramref name="offset"/> on a path.</summary>
    /// <exception cref="TunnelProtocolException">Bytes between what has come and that are missing.</exception>
    public void ValidateStart(ulong offset)
    {
        if (offset > (ulong)_receivedOffset)
        {
            throw new TunnelProtocolException($"Expected a START of at most {_receivedOffset}, which is what has been received, got {offset}.");
        }
    }

    /// <summary>Counts bytes that have come, and passes over those that came on an earlier path. False when that is all of them.</summary>
    /// <param name="endOffset">The offset behind them.</param>
    /// <param name="data">The bytes; then those that are new.</param>
    public bool TryAdvance(long endOffset, ref ReadOnlySpan<byte> data)
    {
        long known = _receivedOffset - (endOffset - data.Length);
        if (known > 0)
        {
            if (known >= data.Length)
            {
                return false;
            }

            data = data[(int)known..];
        }

        // Counted before they are handled: what the handler answers may already acknowledge them.
        Volatile.Write(ref _receivedOffset, endOffset);
        return true;
    }
}
