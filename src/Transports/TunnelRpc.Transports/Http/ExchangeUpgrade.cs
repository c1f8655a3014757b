namespace TunnelRpc.Transports.Http;

/// <summary>The answering side of an upgrade, and of what takes its place in HTTP/2.</summary>
internal static class ExchangeUpgrade
{
    /// <summary>Answers 101 and gives the raw stream; null when the server has no room for another upgraded connection, which is then answered.</summary>
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

    /// <summary>Answers an extended CONNECT (RFC 8441) with 200 and gives the raw stream.</summary>
    public static ValueTask<Stream> AcceptConnectAsync(IHttpExchange exchange, CancellationToken cancellationToken)
    {
        exchange.DisableRequestLimits();
        HttpHeaderValues.DisableBuffering(exchange);
        return exchange.AcceptConnectAsync(cancellationToken);
    }

    /// <summary>
    /// Ends the exchange after its connection. Normally that is the host's return from the request, which sends what is
    /// buffered; after a write that was cut off there is nothing worth sending.
    /// </summary>
    public static void Close(IHttpExchange exchange, bool writeInterrupted)
    {
        if (writeInterrupted)
        {
            exchange.Abort();
        }
    }
}
