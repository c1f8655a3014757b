using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using TunnelRpc.Transports.Connections;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Http2Post;

/// <summary>The server's connection: the request's and the response's body of one exchange.</summary>
internal sealed class Http2PostServerConnection(IHttpExchange exchange)
    : TransportConnection(
        new TransportConnectionInfo(Http2PostTransport.TransportName, exchange.RemoteEndPoint, exchange.User),
        peerDisconnected: exchange.RequestAborted)
{
    // The maximum number of bytes that are written to the server's buffers before a flush.
    private const int FlushBytes = 64 * 1024;

    private readonly PipeReader _incoming = exchange.RequestBody;
    private readonly PipeWriter _outgoing = exchange.ResponseBody;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    protected override async ValueTask<int> ReadCoreAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult result = await _incoming.ReadAsync(cancellationToken).ConfigureAwait(false);
            ReadOnlySequence<byte> slice = result.Buffer.Slice(0, Math.Min(buffer.Length, result.Buffer.Length));
            int length = (int)slice.Length;
            slice.CopyTo(buffer.Span);
            _incoming.AdvanceTo(slice.End);
            if (length > 0 || result.IsCompleted)
            {
                return length;
            }
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    protected override async ValueTask WriteCoreAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
    {
        while (!data.IsEmpty)
        {
            ReadOnlySequence<byte> slice = data.Slice(0, Math.Min(FlushBytes, data.Length));
            data = data.Slice(slice.End);
            foreach (ReadOnlyMemory<byte> segment in slice)
            {
                _outgoing.Write(segment.Span);
            }

            FlushResult result = await _outgoing.FlushAsync(cancellationToken).ConfigureAwait(false);
            if (result.IsCompleted || result.IsCanceled)
            {
                throw new TransportException("http2-post: the exchange was ended by the client or by an intermediary.");
            }
        }
    }

    protected override ValueTask CloseAsync()
    {
        ExchangeUpgrade.Close(exchange, HasInterruptedWrite);
        return ValueTask.CompletedTask;
    }
}
