using System.Net.WebSockets;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.WebSockets;

/// <summary>
/// The server's side of <see cref="WebSocketTransport"/>. It does not use the server's own WebSocket support, unless the connection cannot
/// be upgraded, as with a server in memory. Also accepts WebSockets over HTTP/2 (RFC 8441), as browsers open them. Requests without
/// the subprotocol <c>tunnelrpc.1</c> are refused with 400. Thread-safe.
/// </summary>
public sealed class WebSocketTransportAcceptor : ITransportAcceptor
{
    /// <summary>"websocket".</summary>
    public string Name => WebSocketProtocol.TransportName;

    /// <inheritdoc/>
    public bool CanAccept(IHttpExchange exchange)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        return exchange.SubPath.Length == 0
            && (IsOverHttp2(exchange)
                || ((exchange.CanUpgrade || exchange.CanAcceptWebSocket)
                    && exchange.Method == "GET"
                    && HttpHeaderValues.FindToken(exchange.GetRequestHeader("Upgrade"), WebSocketProtocol.UpgradeToken) is not null));
    }

    /// <inheritdoc/>
    public async ValueTask<ITransportConnection?> AcceptAsync(IHttpExchange exchange, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        if (await ExchangeRefusal.TryRefuseCrossOriginAsync(exchange, cancellationToken).ConfigureAwait(false)
            || await TryRefuseAsync(exchange, cancellationToken).ConfigureAwait(false)
            || await OpenAsync(exchange, cancellationToken).ConfigureAwait(false) is not { } socket)
        {
            return null;
        }

        return new WebSocketConnection(
            socket,
            new TransportConnectionInfo(Name, exchange.RemoteEndPoint, exchange.User),
            interrupted => ExchangeUpgrade.Close(exchange, interrupted),
            supportsZeroByteReads: IsOverHttp2(exchange) || exchange.CanUpgrade,
            peerDisconnected: exchange.RequestAborted);
    }

    private static bool IsOverHttp2(IHttpExchange exchange) =>
        string.Equals(exchange.ConnectProtocol, WebSocketProtocol.UpgradeToken, StringComparison.OrdinalIgnoreCase);

    private static async ValueTask<bool> TryRefuseAsync(IHttpExchange exchange, CancellationToken cancellationToken)
    {
        if (exchange.GetRequestHeader("Sec-WebSocket-Version") is var version && version != WebSocketProtocol.Version)
        {
            exchange.SetResponseHeader("Sec-WebSocket-Version", WebSocketProtocol.Version);
            await ExchangeRefusal.RespondUpgradeRequiredAsync(
                exchange,
                WebSocketProtocol.UpgradeToken,
                $"Expected Sec-WebSocket-Version: {WebSocketProtocol.Version}.",
                cancellationToken).ConfigureAwait(false);
            return true;
        }

        // A WebSocket over HTTP/2 has no Sec-WebSocket-Key (RFC 8441, 5).
        string? error = !IsOverHttp2(exchange) && !WebSocketProtocol.IsValidKey(exchange.GetRequestHeader("Sec-WebSocket-Key"))
            ? "Expected Sec-WebSocket-Key with the base64 encoding of 16 bytes."
            : HttpHeaderValues.FindToken(exchange.GetRequestHeader("Sec-WebSocket-Protocol"), WebSocketProtocol.Subprotocol) is null
                ? $"Expected Sec-WebSocket-Protocol with {WebSocketProtocol.Subprotocol}: this address is a TunnelRpc tunnel."
                : null;
        if (error is null)
        {
            return false;
        }

        await ExchangeRefusal.RespondAsync(exchange, 400, error, cancellationToken).ConfigureAwait(false);
        return true;
    }

    private static async ValueTask<WebSocket?> OpenAsync(IHttpExchange exchange, CancellationToken cancellationToken)
    {
        if (!IsOverHttp2(exchange) && !exchange.CanUpgrade)
        {
            return await exchange.AcceptWebSocketAsync(WebSocketProtocol.Subprotocol, cancellationToken).ConfigureAwait(false);
        }

        exchange.SetResponseHeader("Sec-WebSocket-Protocol", WebSocketProtocol.Subprotocol);
        return await OpenStreamAsync(exchange, cancellationToken).ConfigureAwait(false) is { } stream
            ? WebSocketProtocol.CreateWebSocket(stream, isServer: true)
            : null;
    }

    private static async ValueTask<Stream?> OpenStreamAsync(IHttpExchange exchange, CancellationToken cancellationToken)
    {
        if (IsOverHttp2(exchange))
        {
            return await ExchangeUpgrade.AcceptConnectAsync(exchange, cancellationToken).ConfigureAwait(false);
        }

        string accept = WebSocketProtocol.ComputeAccept(exchange.GetRequestHeader("Sec-WebSocket-Key")!);
        exchange.SetResponseHeader("Sec-WebSocket-Accept", accept);
        return await ExchangeUpgrade.AcceptUpgradeAsync(exchange, WebSocketProtocol.UpgradeToken, cancellationToken).ConfigureAwait(false);
    }
}
