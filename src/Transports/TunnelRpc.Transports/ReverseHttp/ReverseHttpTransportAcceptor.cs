using TunnelRpc.Transports.Http;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Transports.ReverseHttp;

/// <summary>
/// The server's side of <see cref="ReverseHttpTransport"/>. Does not accept reverse-HTTP peers that do not send <c>TunnelRpc-Version</c>:
/// they are not TunnelRpc clients. Thread-safe.
/// </summary>
/// <param name="timeProvider">The clock for <see cref="ResponseTimeout"/>; null for the system clock.</param>
public sealed class ReverseHttpTransportAcceptor(TimeProvider? timeProvider = null) : ITransportAcceptor
{
    private static readonly byte[] RequestHead =
        [
            .. "POST /tunnel HTTP/1.1\r\nHost: client.invalid\r\nTransfer-Encoding: chunked\r\n"u8,
            .. "Content-Type: application/octet-stream\r\n\r\n"u8,
        ];

    /// <summary>
    /// The maximum time for the client's response to the server's request: 10 s. After it the exchange is aborted and
    /// <see cref="AcceptAsync"/> throws.
    /// </summary>
    public static TimeSpan ResponseTimeout { get; } = TimeSpan.FromSeconds(10);

    /// <summary>"reverse-http".</summary>
    public string Name => ReverseHttpTransport.TransportName;

    /// <inheritdoc/>
    public bool CanAccept(IHttpExchange exchange)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        return exchange.CanUpgrade
            && exchange.Method == "POST"
            && exchange.SubPath.Length == 0
            && exchange.GetRequestHeader(HttpHeaderValues.VersionHeader) is not null
            && FindUpgradeToken(exchange) is not null;
    }

    /// <inheritdoc/>
    /// <exception cref="TransportException">The client did not respond to the request, or not with valid HTTP.</exception>
    public async ValueTask<ITransportConnection?> AcceptAsync(IHttpExchange exchange, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        if (await ExchangeRefusal.TryRefuseCrossOriginAsync(exchange, cancellationToken).ConfigureAwait(false)
            || await ExchangeUpgrade.AcceptUpgradeAsync(exchange, FindUpgradeToken(exchange)!, cancellationToken).ConfigureAwait(false)
                is not { } stream)
        {
            return null;
        }

        Http1ReadBuffer buffer = new();
        try
        {
            await SendRequestAsync(stream, buffer, exchange, cancellationToken).ConfigureAwait(false);
            return new ReverseHttpConnection(
                stream,
                buffer,
                new TransportConnectionInfo(Name, exchange.RemoteEndPoint, exchange.User),
                interrupted => ExchangeUpgrade.Close(exchange, interrupted),
                exchange.RequestAborted);
        }
        catch
        {
            buffer.Dispose();
            exchange.Abort();
            throw;
        }
    }

    private static string? FindUpgradeToken(IHttpExchange exchange) =>
        HttpHeaderValues.FindReverseToken(exchange.GetRequestHeader("Upgrade"));

    private async ValueTask SendRequestAsync(
        Stream stream, Http1ReadBuffer buffer, IHttpExchange exchange, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(ResponseTimeout, timeProvider ?? TimeProvider.System);
        using CancellationTokenSource stop =
            CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, exchange.RequestAborted, cancellationToken);
        try
        {
            await stream.WriteAsync(RequestHead, stop.Token).ConfigureAwait(false);
            await stream.FlushAsync(stop.Token).ConfigureAwait(false);
            Http1Head head = await buffer.ReadHeadAsync(stream, isRequest: false, stop.Token).ConfigureAwait(false);
            if (head.TargetOrStatus != "200")
            {
                throw new MalformedHttpException(
                    $"Expected the response 200 of the client, got {head.TargetOrStatus} {head.VersionOrReason}.");
            }

            head.RequireChunkedBody();
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TransportException(timeout.IsCancellationRequested
                ? $"reverse-http: the client did not respond to the server's request within {ResponseTimeout.TotalSeconds:0} s."
                : "reverse-http: the client disconnected before it responded to the server's request.");
        }
        catch (Exception exception) when (exception is MalformedHttpException or IOException or ObjectDisposedException)
        {
            throw new TransportException(
                $"reverse-http: the client did not respond to the server's request with valid HTTP: {exception.Message}", exception);
        }
    }
}
