using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using TunnelRpc.Transports.Connections;

namespace TunnelRpc.Transports.TwoConnection;

/// <summary>The answering side's two legs as one connection, which ends when either does.</summary>
internal sealed class TwoConnectionServerConnection : TransportConnection
{
    // So much at most is put into the server's buffers before they are flushed.
    private const int FlushBytes = 64 * 1024;

    private readonly LegPair _pair;
    private readonly PipeReader _incoming;
    private readonly PipeWriter _outgoing;
    private readonly CancellationTokenRegistration _downLost;
    private readonly CancellationTokenRegistration _upLost;

    // Whether the client ended the upload; written by the one reader.
    private bool _uploadEnded;

    public TwoConnectionServerConnection(LegPair pair, IHttpExchange up, TimeProvider timeProvider)
        : base(new TransportConnectionInfo(TwoConnectionProtocol.TransportName, pair.Down.RemoteEndPoint, pair.Down.User), timeProvider: timeProvider)
    {
        _pair = pair;
        _incoming = up.RequestBody;
        _outgoing = pair.Down.ResponseBody;
        _downLost = pair.Down.Aborted.UnsafeRegister(
            static connection => ((TwoConnectionServerConnection)connection!).FailSoon(DownloadEnded(null)),
            this);
        _upLost = up.Aborted.UnsafeRegister(
            static connection => ((TwoConnectionServerConnection)connection!).FailSoon(UploadEnded(null)),
            this);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    protected override async ValueTask<int> ReadCoreAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult result;
            try
            {
                result = await _incoming.ReadAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                // The server may tell the reader before it signals the loss.
                TransportException failure = UploadEnded(exception);
                FailSoon(failure);
                throw failure;
            }

            ReadOnlySequence<byte> part = result.Buffer.Slice(0, Math.Min(buffer.Length, result.Buffer.Length));
            int length = (int)part.Length;
            part.CopyTo(buffer.Span);
            _incoming.AdvanceTo(part.End);
            if (length > 0)
            {
                return length;
            }

            if (result.IsCompleted)
            {
                _uploadEnded = true;
                return 0;
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

            await FlushAsync(cancellationToken).ConfigureAwait(false);
        }

        // The server swallows writes after its client's end.
        cancellationToken.ThrowIfCancellationRequested();
    }

    protected override ValueTask CloseAsync()
    {
        _downLost.Unregister();
        _upLost.Unregister();
        if (WriteInterrupted)
        {
            _pair.Down.Abort();
        }

        _pair.End(_uploadEnded);
        return ValueTask.CompletedTask;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        TransportException failure;
        try
        {
            FlushResult result = await _outgoing.FlushAsync(cancellationToken).ConfigureAwait(false);
            if (!result.IsCompleted && !result.IsCanceled)
            {
                return;
            }

            failure = DownloadEnded(null);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            failure = DownloadEnded(exception);
        }

        // Reads come from the other leg and would go on without this.
        FailSoon(failure);
        throw failure;
    }

    private static TransportException UploadEnded(Exception? cause)
        => new("two-connection: the upload was ended by the client or something on the way.", cause);

    private static TransportException DownloadEnded(Exception? cause)
        => new("two-connection: the download was ended by the client or something on the way.", cause);
}
