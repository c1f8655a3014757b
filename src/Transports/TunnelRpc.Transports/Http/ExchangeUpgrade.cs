namespace TunnelRpc.Transports.Http;

/// <summary>The server's side of an HTTP/1.1 upgrade and of extended CONNECT, its counterpart in HTTP/2. Stateless.</summary>
internal static class ExchangeUpgrade
{
    /// <summary>
    /// Responds with 101 and returns the raw stream. Returns null if the server refuses to upgrade, for instance at its limit of upgraded
    /// connections; the refusal is sent as the response.
    /// </summary>
    public static async ValueTask<Stream?> AcceptUpgradeAsync(IHttpExchange exchange, string token, CancellationToken cancellationToken)
    {
        exchange.DisableRequestLimits();
        HttpHeaderValues.DisableBuffering(exchange);
        try
        {
            return await exchange.UpgradeAsync(token, cancellationToken).ConfigureAwait(false);
        }
        catch (TransportException refused) when (refused.HttpStatus is { } status)
        {
            await ExchangeRefusal.RespondAsync(exchange, status, refused.Message, cancellationToken).ConfigureAwait(false);
            return null;
        }
    }

    /// <summary>Accepts an extended CONNECT (RFC 8441) with 200 and returns the raw stream.</summary>
    public static ValueTask<Stream> AcceptConnectAsync(IHttpExchange exchange, CancellationToken cancellationToken)
    {
        exchange.DisableRequestLimits();
        HttpHeaderValues.DisableBuffering(exchange);
        return exchange.AcceptConnectAsync(cancellationToken);
    }

    /// <summary>
    /// Ends the exchange of a closed connection. Usually the host does that when its request handler returns, and flushes the buffered
    /// bytes. After an interrupted write the buffered bytes are useless, so the exchange is aborted.
    /// </summary>
    public static void Close(IHttpExchange exchange, bool writeInterrupted)
    {
        if (writeInterrupted)
        {
            exchange.Abort();
        }
    }
}
