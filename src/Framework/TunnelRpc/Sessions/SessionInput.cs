namespace TunnelRpc.Sessions;

/// <summary>How much of the peer's stream has come, over however many paths: each byte counts once. The reader's; others may read <see cref="Received"/>.</summary>
internal sealed class SessionInput
{
    // Written by the reader, read by the pump and the timer.
    private long _received;

    public long Received => Volatile.Read(ref _received);

    /// <summary>The peer's stream begins at <paramref name="offset"/> on a path.</summary>
    /// <exception cref="TunnelProtocolException">Bytes between what has come and that are missing.</exception>
    public void CheckStart(ulong offset)
    {
        if (offset > (ulong)_received)
        {
            throw new TunnelProtocolException($"Expected a START of at most {_received}, which is what has been received, got {offset}.");
        }
    }

    /// <summary>Counts bytes that have come, and passes over those that came on an earlier path. False when that is all of them.</summary>
    /// <param name="end">The offset behind them.</param>
    /// <param name="data">The bytes; then those that are new.</param>
    public bool TryAdvance(long end, ref ReadOnlySpan<byte> data)
    {
        long known = _received - (end - data.Length);
        if (known > 0)
        {
            if (known >= data.Length)
            {
                return false;
            }

            data = data[(int)known..];
        }

        // Counted before they are handled: what the handler answers may already acknowledge them.
        Volatile.Write(ref _received, end);
        return true;
    }
}
