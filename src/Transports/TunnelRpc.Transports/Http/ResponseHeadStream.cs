namespace TunnelRpc.Transports.Http;

// Decision: docs/adr/0060-upgraded-connections-leave-the-http-client.md
/// <summary>
/// The stream of a connection while the HTTP client reads the response to an upgrade request. A read returns no byte after the end of a
/// head, so that the HTTP client has buffered nothing when it has read a 101, and can be released while the connection lives on.
/// </summary>
/// <param name="inner">The stream of the socket, of TLS or of a proxy's tunnel. Disposed with this stream until it is detached.</param>
internal sealed class ResponseHeadStream(Stream inner) : ConnectionFilterStream(inner)
{
    // Used by the reader only: how many bytes of HeadEnd the last bytes match, and the bytes that were read after the end of a head.
    private int _matched;
    private byte[] _held = [];

    // Changed by Detach, which runs while nothing is read or written: whether the inner stream is disposed with this one, and whether reads
    // still end with a head.
    private bool _isOwned = true;
    private bool _splits = true;

    private static ReadOnlySpan<byte> HeadEnd => "\r\n\r\n"u8;

    /// <summary>
    /// Returns the inner stream, which the caller owns from now on; null if the last byte that was read does not end a head, or the peer
    /// has sent more already. In that case this stream stays in use, and reads are not split any more.
    /// </summary>
    public Stream? Detach()
    {
        if (_matched < HeadEnd.Length || _held.Length > 0)
        {
            _splits = false;
            return null;
        }

        _isOwned = false;
        return Inner;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_held.Length > 0)
        {
            int held = Math.Min(buffer.Length, _held.Length);
            _held.AsSpan(0, held).CopyTo(buffer.Span);
            byte[] rest = _held[held..];
            _held = [];
            return HoldAfterHead(buffer[..held], rest);
        }

        int read = await Inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        return HoldAfterHead(buffer[..read], []);
    }

    protected override void Dispose(bool disposing)
    {
        if (_isOwned)
        {
            base.Dispose(disposing);
        }
    }

    /// <summary>Returns the number of bytes up to the first end of a head, and holds the bytes after it.</summary>
    private int HoldAfterHead(Memory<byte> read, byte[] rest)
    {
        ReadOnlySpan<byte> bytes = read.Span;
        for (int i = 0; _splits && i < bytes.Length; i++)
        {
            // After a whole match, or a byte that does not match, the next match starts. Only a CR starts one.
            _matched = bytes[i] == HeadEnd[_matched % HeadEnd.Length] ? (_matched % HeadEnd.Length) + 1 : bytes[i] == HeadEnd[0] ? 1 : 0;
            if (_matched == HeadEnd.Length)
            {
                _held = [.. bytes[(i + 1)..], .. rest];
                return i + 1;
            }
        }

        _held = rest;
        return bytes.Length;
    }
}
