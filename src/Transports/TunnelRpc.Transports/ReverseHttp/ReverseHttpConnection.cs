using System.Buffers;
using System.Runtime.CompilerServices;
using TunnelRpc.Transports.Connections;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Transports.ReverseHttp;

/// <summary>A connection whose bytes are the two chunked bodies, request's and answer's, of one exchange on an upgraded stream.</summary>
/// <param name="stream">The stream, behind the two heads.</param>
/// <param name="buffer">What was read behind the incoming head; owned.</param>
/// <param name="info">What is known of the path.</param>
/// <param name="close">Frees the stream; told whether a write was cut off. Must not throw.</param>
/// <param name="peerDisconnected">Signalled once the peer is gone, where the stream itself does not tell writers.</param>
internal sealed class ReverseHttpConnection(Stream stream, Http1ReadBuffer buffer, TransportConnectionInfo info, Action<bool> close, CancellationToken peerDisconnected = default)
    : TransportConnection(info, peerDisconnected: peerDisconnected)
{
    // From here on data goes straight into the reader's memory; below, one read may bring several chunks.
    private const int DirectReadMinBytes = 4096;

    // Touched by the one reader only.
    private readonly ChunkedDecoder _decoder = new();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    protected override async ValueTask<int> ReadCoreAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        while (true)
        {
            (int consumed, int written) = _decoder.Decode(buffer.Unconsumed, destination.Span);
            buffer.Advance(consumed);
            if (written > 0 || _decoder.IsEnd)
            {
                return written;
            }

            if (Math.Min(_decoder.RemainingChunkBytes, destination.Length) >= DirectReadMinBytes)
            {
                Memory<byte> direct = destination[..(int)Math.Min(_decoder.RemainingChunkBytes, destination.Length)];
                int read = await stream.ReadAsync(direct, cancellationToken).ConfigureAwait(false);
                if (read > 0)
                {
                    _decoder.SkipData(read);
                    return read;
                }
            }
            else if (await buffer.FillAsync(stream, cancellationToken).ConfigureAwait(false))
            {
                continue;
            }

            throw new TransportException("The reverse-http connection ended before its chunked body did.");
        }
    }

    protected override ValueTask WriteCoreAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
        => ChunkedWriter.WriteAsync(stream, data, cancellationToken);

    protected override async ValueTask CloseAsync()
    {
        bool cut = HasInterruptedWrite || !await TryWriteLastChunkAsync().ConfigureAwait(false);
        buffer.Dispose();
        close(cut);
    }

    // Ends the body as HTTP wants it, if that can be done at once: a peer that does not read must not hold up disposal.
    private async ValueTask<bool> TryWriteLastChunkAsync()
    {
        using CancellationTokenSource stop = new();
        try
        {
            ValueTask writing = stream.WriteAsync(ChunkedWriter.LastChunk, stop.Token);
            if (!writing.IsCompleted)
            {
                await stop.CancelAsync().ConfigureAwait(false);
            }

            await writing.ConfigureAwait(false);
            return true;
        }
        catch (Exception)
        {
            // Whatever it is: the connection ends here anyway, and the peer notices the end of the stream instead.
            return false;
        }
    }
}
