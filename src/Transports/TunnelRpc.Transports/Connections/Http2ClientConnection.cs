using System.Buffers;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Connections;

/// <summary>
/// The client's connection on one HTTP/2 stream. If the response has not ended, disposal by the platform's HTTP client resets the stream
/// (RST_STREAM, RFC 9113, 5.4.2), and a server discards the bytes that it has not read yet. Therefore, after an orderly end, the stream
/// stays open until the server has ended its side, for <see cref="LingerTimeout"/> at most.
/// </summary>
internal sealed class Http2ClientConnection : TransportConnection
{
    /// <summary>
    /// The maximum time for which a closed connection waits for the end of the server's side before it resets the stream.
    /// </summary>
    public static readonly TimeSpan LingerTimeout = TimeSpan.FromSeconds(1);

    private readonly HttpDialer _dialer;
    private readonly HttpResponseMessage _response;
    private readonly Stream _stream;
    private readonly ReadAheadReader _incoming;
    private readonly Stream _outgoing;
    private readonly Action _completeRequest;
    private readonly TimeProvider _timeProvider;

    /// <summary>Creates a connection that owns all of its arguments.</summary>
    /// <param name="dialer">The HTTP client of the stream.</param>
    /// <param name="response">The response of the exchange.</param>
    /// <param name="incoming">The bytes from the server.</param>
    /// <param name="outgoing">The bytes to the server; may be the same stream.</param>
    /// <param name="completeRequest">Ends the bytes to the server, if the exchange has such an end. Must not throw.</param>
    /// <param name="info">The facts about the connection.</param>
    /// <param name="timeProvider">The clock.</param>
    public Http2ClientConnection(
        HttpDialer dialer,
        HttpResponseMessage response,
        Stream incoming,
        Stream outgoing,
        Action completeRequest,
        TransportConnectionInfo info,
        TimeProvider timeProvider)
        : base(info, timeProvider)
    {
        _dialer = dialer;
        _response = response;
        _stream = incoming;
        _incoming = new ReadAheadReader(
            incoming,
            () => FailWithReadGrace(new TransportException($"{info.Transport}: the server or an intermediary ended the stream.")));
        _outgoing = outgoing;
        _completeRequest = completeRequest;
        _timeProvider = timeProvider;
    }

    protected override ValueTask<int> ReadCoreAsync(Memory<byte> buffer, CancellationToken cancellationToken)
        => _incoming.ReadAsync(buffer, cancellationToken);

    protected override ValueTask WriteCoreAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
    {
        ValueTask write = SequenceStreamWriter.WriteAsync(_outgoing, data, cancellationToken);
        if (!write.IsCompleted)
        {
            // The platform's HTTP client does not fail a writer that waits for flow-control credit when the server ends the stream. Read
            // ahead to detect the end.
            _incoming.StartReadAhead();
        }

        return write;
    }

    protected override ValueTask CloseAsync()
    {
        if (HasInterruptedWrite || _incoming.IsEnded)
        {
            _completeRequest();
            ReleaseResources();
        }
        else
        {
            // Not awaited: it is bounded by LingerTimeout and releases the resources.
            _ = Task.Run(LingerAsync);
        }

        return ValueTask.CompletedTask;
    }

    private async Task LingerAsync()
    {
        using CancellationTokenSource timeout = new(LingerTimeout, _timeProvider);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(4096);
        try
        {
            _completeRequest();
            while (await _incoming.ReadAsync(buffer, timeout.Token).ConfigureAwait(false) > 0)
            {
                // The connection is closed: discard the bytes.
            }
        }
        catch (Exception exception) when (
            exception is OperationCanceledException or IOException or HttpRequestException or ObjectDisposedException)
        {
            // The stream broke or timed out: it ends in either case.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            ReleaseResources();
        }
    }

    private void ReleaseResources()
    {
        _stream.Dispose();
        _response.Dispose();
        _dialer.Dispose();
    }
}
