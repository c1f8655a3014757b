namespace TunnelRpc.Sessions;

/// <summary>
/// The received offset of the peer's stream, across all paths: bytes that are retransmitted count once. Used by the reader; other threads
/// may read <see cref="ReceivedOffset"/>.
/// </summary>
internal sealed class ReceiveTracker
{
    // Written by the reader, read by any thread.
    private long _receivedOffset;

    /// <summary>The offset up to which the peer's stream has been received.</summary>
    public long ReceivedOffset => Volatile.Read(ref _receivedOffset);

    /// <summary>Checks the offset at which the peer's stream starts on a new path.</summary>
    /// <exception cref="TunnelProtocolException">Bytes between the received offset and <paramref name="offset"/> are missing.</exception>
    public void ValidateStart(ulong offset)
    {
        if (offset > (ulong)_receivedOffset)
        {
            throw new TunnelProtocolException(
                $"Expected a START of at most {_receivedOffset}, which is what has been received, got {offset}.");
        }
    }

    /// <summary>Advances the received offset and removes bytes that were received on an earlier path.</summary>
    /// <param name="endOffset">The offset after <paramref name="data"/>.</param>
    /// <param name="data">The received bytes; on return the bytes that are new.</param>
    /// <returns>False if no byte is new.</returns>
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

        // Advanced before the bytes are handled, so that a write which the handler causes acknowledges them.
        Volatile.Write(ref _receivedOffset, endOffset);
        return true;
    }
}
