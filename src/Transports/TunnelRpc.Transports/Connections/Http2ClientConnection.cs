using System.Buffers;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Connections;

/// <summary>
/// The dialing side's connection on one HTTP/2 stream. The platform's HTTP client ends a stream whose answer has not ended by
/// resetting it, and a reset makes servers throw away what they have not read yet. So after an orderly end the stream
/// stays until the server has ended its own side, for <see cref="LingerTimeout"/> at most.
/// </summary>
internal sealed class Http2ClientConnection : TransportConnection
{
    /// <summary>How long a finished stream waits for the server's end before it is reset.</summary>
    public static readonly TimeSpan LingerTimeout = TimeSpan.FromSeconds(1);

    private readonly HttpDialer _dialer;
    private readonly HttpResponseMessage _response;
    private readonly Stream _stream;
    private readonly ReadAheadReader _incoming;
    private readonly Stream _outgoing;
    private readonly Action _completeRequest;
    private readonly TimeProvider _timeProvider;

    /// <summary>Owns all it is given.</summary>
    /// <param name="dialer">The stream's client.</param>
    /// <param name="response">The exchange's answer.</param>
    /// <param name="incoming">What the server sends.</param>
    /// <param name="outgoing">What goes to the server; may be the same stream.</param>
    /// <param name="completeRequest">Ends what goes to the server, as far as the exchange knows such an end. Must not throw.</param>
    /// <param name="info">What is known of the path.</param>
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
        _incoming = new ReadAheadReader(incoming, () => FailWithReadGrace(new TransportException($"{info.Transport}: the server, or something on the way, ended the stream.")));
        _outgoing = outgoing;
        _completeRequest = completeRequest;
        _timeProvider = timeProvider;
    }

    protected override ValueTask<int> ReadCoreAsync(Memory<byte> buffer, CancellationToken cancellationToken)
        => _incoming.ReadAsync(buffer, cancellationToken);

    protected override ValueTask WriteCoreAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
    {
        ValueTask writing = SequenceStreamWriter.WriteAsync(_outgoing, data, cancellationToken);
        if (!writing.IsCompleted)
        {
            // When the server ends the stream, the platform's client leaves a writer that waits for credit to itself.
            _incoming.StartReadAhead();
        }

        return writing;
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
            // Not waited for: it ends by itself, and frees what is left.
            _ = Task.Run(LingerAsync);
        }

        return ValueTask.CompletedTask;
    }

    private async Task LingerAsync()
    {
        using CancellationTokenSource limit = new(LingerTimeout, _timeProvider);
        byte[] rest = ArrayPool<byte>.Shared.Rent(4096);
        try
        {
            _completeRequest();
            while (await _incoming.ReadAsync(rest, limit.Token).ConfigureAwait(false) > 0)
            {
                // Nobody reads it any more.
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or HttpRequestException or ObjectDisposedException)
        {
            // The stream ends in one way or another.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rest);
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
