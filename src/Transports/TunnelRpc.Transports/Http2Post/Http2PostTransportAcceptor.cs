using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Http2Post;

/// <summary>
/// The server's side of <see cref="Http2PostTransport"/>. Also accepts the exchange in HTTP/1.1, because a front end may have translated
/// it. Thread-safe.
/// </summary>
/// <param name="timeProvider">The clock for the time limit of the request's first bytes, 10 s; null for the system clock.</param>
public sealed class Http2PostTransportAcceptor(TimeProvider? timeProvider = null) : ITransportAcceptor
{
    /// <summary>"http2-post".</summary>
    public string Name => Http2PostTransport.TransportName;

    /// <inheritdoc/>
    public bool CanAccept(IHttpExchange exchange)
    {
        ArgumentNullException.ThrowIfNull(exchange);

        // The Content-Type distinguishes it from a reverse-http request without its Upgrade header, which has no body.
        return exchange.Method == "POST"
            && exchange.SubPath.Length == 0
            && !exchange.CanUpgrade
            && exchange.GetRequestHeader(HttpHeaderValues.VersionHeader) is not null
            && string.Equals(exchange.GetRequestHeader("Content-Type"), HttpHeaderValues.ContentType, StringComparison.OrdinalIgnoreCase);
    }

    /// <inheritdoc/>
    /// <exception cref="TransportException">The client disconnected, or its request's first bytes did not arrive in time.</exception>
    public async ValueTask<ITransportConnection?> AcceptAsync(IHttpExchange exchange, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        if (await ExchangeRefusal.TryRefuseCrossOriginAsync(exchange, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        exchange.DisableRequestLimits();
        exchange.SetStatusCode(200);
        exchange.SetResponseHeader("Content-Type", HttpHeaderValues.ContentType);
        HttpHeaderValues.DisableBuffering(exchange);
        bool hasProbe = exchange.GetRequestHeader(StreamProbe.HeaderName) == StreamProbe.HeaderValue;
        if (hasProbe)
        {
            exchange.SetResponseHeader(StreamProbe.HeaderName, StreamProbe.HeaderValue);
        }

        try
        {
            await exchange.StartResponseAsync(cancellationToken).ConfigureAwait(false);
            await exchange.ResponseBody.WriteAsync(Http2PostTransport.Preamble.Bytes, cancellationToken).ConfigureAwait(false);
            if (hasProbe)
            {
                await StreamProbe.ReturnAsync(exchange, timeProvider ?? TimeProvider.System, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException
            || (exception is OperationCanceledException && exchange.RequestAborted.IsCancellationRequested))
        {
            throw new TransportException(
                "http2-post: the client or an intermediary ended the exchange before its first bytes had arrived.", exception);
        }

        return new Http2PostServerConnection(exchange);
    }
}
