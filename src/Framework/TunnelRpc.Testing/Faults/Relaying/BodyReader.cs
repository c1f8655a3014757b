using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>
/// Reads the body of one message without its framing. Not thread-safe. The caller owns the buffer and the stream.
/// </summary>
internal sealed class BodyReader(Http1ReadBuffer buffer, Stream stream, MessageFraming framing)
{
    private readonly ChunkedDecoder _chunks = new();
    private long _remaining = framing.Length ?? 0;

    /// <summary>Reads at least one byte; returns 0 at the end of the body.</summary>
    /// <exception cref="MalformedHttpException">The chunks are malformed, or the connection ended before the body.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (framing.IsChunked ? _chunks.IsEnd : framing.Length is not null && _remaining == 0)
            {
                return 0;
            }

            if (!buffer.Unconsumed.IsEmpty && Take(destination.Span) is > 0 and int taken)
            {
                return taken;
            }

            if (buffer.Unconsumed.IsEmpty && !_chunks.IsEnd && !await buffer.FillAsync(stream, cancellationToken).ConfigureAwait(false))
            {
                bool isEndOfBody = !framing.IsChunked && framing.Length is null;
                return isEndOfBody ? 0 : throw new MalformedHttpException("Expected the rest of a body, but the connection ended.");
            }
        }
    }

    private int Take(Span<byte> destination)
    {
        if (framing.IsChunked)
        {
            (int consumed, int written) = _chunks.Decode(buffer.Unconsumed, destination);
            buffer.Advance(consumed);
            return written;
        }

        int length = Math.Min(buffer.Unconsumed.Length, destination.Length);
        if (framing.Length is not null)
        {
            length = (int)Math.Min(length, _remaining);
            _remaining -= length;
        }

        buffer.Unconsumed[..length].CopyTo(destination);
        buffer.Advance(length);
        return length;
    }
}
