using System.Net.WebSockets;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.WebSockets;

/// <summary>
/// WebSocket (RFC 6455), which most intermediaries support that support any upgrade: binary messages with the subprotocol
/// <c>tunnelrpc.1</c>, masked by the client as the RFC requires, without compression. With an explicit proxy and an http address the proxy
/// forwards the request; most proxies remove its Upgrade header, which the failure reports. Thread-safe.
/// </summary>
public sealed class WebSocketTransport : ITransport
{
    /// <summary>"websocket".</summary>
    public string Name => WebSocketProtocol.TransportName;

    /// <inheritdoc/>
    public ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        return UpgradeDialer.GetHttpsProxyError(endpoint, Name) is { } error
            ? ValueTask.FromException<ITransportConnection>(error)
            : OpenAsync(new HttpDialer(endpoint, Name), endpoint, endpoint.Address, Name, cancellationToken);
    }

    /// <summary>Opens a connection for "websocket" and for "connect", which reach the address in different ways. Owns the dialer.</summary>
    internal static async ValueTask<ITransportConnection> OpenAsync(
        HttpDialer dialer, TunnelEndpoint endpoint, Uri address, string transport, CancellationToken cancellationToken)
    {
        try
        {
            string key = WebSocketProtocol.CreateKey();
            using HttpRequestMessage request = dialer.CreateRequest(HttpMethod.Get, address);
            request.Headers.TryAddWithoutValidation("Sec-WebSocket-Key", key);
            request.Headers.TryAddWithoutValidation("Sec-WebSocket-Version", WebSocketProtocol.Version);
            request.Headers.TryAddWithoutValidation("Sec-WebSocket-Protocol", WebSocketProtocol.Subprotocol);
            (HttpResponseMessage response, Stream stream) = await UpgradeDialer.UpgradeAsync(
                dialer, request, WebSocketProtocol.UpgradeToken, transport, endpoint, cancellationToken).ConfigureAwait(false);
            ValidateResponse(response, key, transport);
            WebSocket socket = WebSocketProtocol.CreateWebSocket(stream, isServer: false);
            return new WebSocketConnection(
                socket,
                dialer.CreateConnectionInfo(UpgradeDialer.HandshakeTimeoutHint),
                _ =>
                {
                    stream.Dispose();
                    dialer.Dispose();
                },
                endpoint.TimeProvider);
        }
        catch
        {
            dialer.Dispose();
            throw;
        }
    }

    private static void ValidateResponse(HttpResponseMessage response, string key, string transport)
    {
        string accept = GetHeader(response, "Sec-WebSocket-Accept");
        if (accept != WebSocketProtocol.ComputeAccept(key))
        {
            throw CreateException(
                transport,
                $"Sec-WebSocket-Accept is \"{accept}\", which does not match this request's key: the response is a cached one, or an "
                    + "intermediary changed a header");
        }

        string subprotocol = GetHeader(response, "Sec-WebSocket-Protocol");
        if (subprotocol != WebSocketProtocol.Subprotocol)
        {
            throw CreateException(
                transport,
                $"Sec-WebSocket-Protocol is \"{subprotocol}\" instead of \"{WebSocketProtocol.Subprotocol}\": the address belongs to "
                    + "another WebSocket server");
        }

        string extensions = GetHeader(response, "Sec-WebSocket-Extensions");
        if (extensions.Length > 0)
        {
            throw CreateException(transport, $"Sec-WebSocket-Extensions is \"{extensions}\", although none were offered");
        }
    }

    private static string GetHeader(HttpResponseMessage response, string name)
        => response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? string.Join(", ", values) : string.Empty;

    private static TransportException CreateException(string transport, string reason)
        => new($"{transport}: the response was 101 for WebSocket, but {reason}.") { HttpStatus = 101, IsPermanent = true };
}
