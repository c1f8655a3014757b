using System.Buffers;
using System.Runtime.CompilerServices;
using TunnelRpc.Transports.Connections;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Transports.ReverseHttp;

/// <summary>A connection over the chunked request and response bodies of one exchange on an upgraded stream.</summary>
/// <param name="stream">The stream after the two heads.</param>
/// <param name="buffer">The bytes that were read after the incoming head. Owned by the connection.</param>
/// <param name="info">The facts about the connection.</param>
/// <param name="close">Releases the stream. The argument is true if a write was interrupted. Must not throw.</param>
/// <param name="peerDisconnected">Signalled when the peer has disconnected, for streams that do not fail writes then.</param>
internal sealed class ReverseHttpConnection(
    Stream stream, Http1ReadBuffer buffer, TransportConnectionInfo info, Action<bool> close, CancellationToken peerDisconnected = default)
    : TransportConnection(info, peerDisconnected: peerDisconnected)
{
    // From this size on, data is read directly into the reader's buffer. Below it, a read into the read buffer may return several chunks.
    private const int DirectReadMinBytes = 4096;

    // Used by the one reader only.
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
        bool isInterrupted = HasInterruptedWrite || !await TryWriteLastChunkAsync().ConfigureAwait(false);
        buffer.Dispose();
        close(isInterrupted);
    }

    // Ends the body with the last chunk (RFC 9112, 7.1), if the write completes at once: a peer that does not read must not delay disposal.
    private async ValueTask<bool> TryWriteLastChunkAsync()
    {
        using CancellationTokenSource stop = new();
        try
        {
            ValueTask write = stream.WriteAsync(ChunkedWriter.LastChunk, stop.Token);
            if (!write.IsCompleted)
            {
                await stop.CancelAsync().ConfigureAwait(false);
            }

            await write.ConfigureAwait(false);
            return true;
        }
        catch (Exception)
        {
            // Catch everything: the connection ends in any case, and the peer sees the end of the stream instead of the last chunk.
            return false;
        }
    }
}
