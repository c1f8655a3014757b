using TunnelRpc.Gateway.Client.Streams;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Gateway.Messages;

/// <summary>The body of a response, read from its connection. Its end is that of the exchange. For one reader at a time.</summary>
/// <param name="stream">The connection; not owned.</param>
/// <param name="buffer">What was read from it; not owned.</param>
/// <param name="framing">How the body ends.</param>
/// <param name="ended">Called once at the end, before the reader gets it. The connection and the buffer are not used afterwards.</param>
internal sealed class MessageBody(Stream stream, Http1ReadBuffer buffer, BodyFraming framing, Action ended) : AsyncStream
{
    private readonly ChunkedDecoder _decoder = new();
    private long _remaining = framing.Length;
    private bool _isEnded;

    /// <exception cref="IOException">The connection ended before the body, or its chunks are malformed.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken = default)
    {
        while (!_isEnded)
        {
            int count = Take(destination.Span);
            if (count > 0)
            {
                return count;
            }

            if (IsComplete())
            {
                End();
            }
            else if (destination.IsEmpty && buffer.Unconsumed.Length > 0)
            {
                return 0;
            }
            else if (!await buffer.FillAsync(stream, cancellationToken).ConfigureAwait(false))
            {
                if (framing.Kind != BodyKind.UntilEnd)
                {
                    throw new IOException("Expected the rest of a response, but the other side closed the connection.");
                }

                End();
            }
        }

        return 0;
    }

    private int Take(Span<byte> destination)
    {
        ReadOnlySpan<byte> available = buffer.Unconsumed;
        if (framing.Kind == BodyKind.Chunked)
        {
            try
            {
                (int consumed, int written) = _decoder.Decode(available, destination);
                buffer.Advance(consumed);
                return written;
            }
            catch (MalformedHttpException malformed)
            {
                throw new IOException("Expected a chunked body, got other bytes.", malformed);
            }
        }

        int count = Math.Min(available.Length, destination.Length);
        if (framing.Kind == BodyKind.Length)
        {
            count = (int)Math.Min(count, _remaining);
            _remaining -= count;
        }

        available[..count].CopyTo(destination);
        buffer.Advance(count);
        return count;
    }

    private bool IsComplete() => framing.Kind switch
    {
        BodyKind.Chunked => _decoder.IsEnd,
        BodyKind.UntilEnd => false,
        _ => _remaining == 0,
    };

    private void End()
    {
        _isEnded = true;
        ended();
    }
}
