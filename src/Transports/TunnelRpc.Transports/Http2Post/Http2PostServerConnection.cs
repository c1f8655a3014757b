using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using TunnelRpc.Transports.Connections;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Http2Post;

/// <summary>The answering side's connection: the two bodies of one exchange.</summary>
internal sealed class Http2PostServerConnection(IHttpExchange exchange)
    : TransportConnection(new TransportConnectionInfo(Http2PostTransport.TransportName, exchange.RemoteEndPoint, exchange.User), peerDisconnected: exchange.RequestAborted)
{
    // So much at most is put into the server's buffers before they are flushed.
    private const int FlushBytes = 64 * 1024;

    private readonly PipeReader _incoming = exchange.RequestBody;
    private readonly PipeWriter _outgoing = exchange.ResponseBody;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    protected override async ValueTask<int> ReadCoreAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult result = await _incoming.ReadAsync(cancellationToken).ConfigureAwait(false);
            ReadOnlySequence<byte> part = result.Buffer.Slice(0, Math.Min(buffer.Length, result.Buffer.Length));
            int length = (int)part.Length;
            part.CopyTo(buffer.Span);
            _incoming.AdvanceTo(part.End);
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
            ReadOnlySequence<byte> part = data.Slice(0, Math.Min(FlushBytes, data.Length));
            data = data.Slice(part.End);
            foreach (ReadOnlyMemory<byte> segment in part)
            {
                _outgoing.Write(segment.Span);
            }

            FlushResult result = await _outgoing.FlushAsync(cancellationToken).ConfigureAwait(false);
            if (result.IsCompleted || result.IsCanceled)
            {
                throw new TransportException("http2-post: the exchange was ended by the client or by something on the way.");
            }
        }
    }

    protected override ValueTask CloseAsync()
    {
        ExchangeUpgrade.Close(exchange, HasInterruptedWrite);
        return ValueTask.CompletedTask;
    }
}
