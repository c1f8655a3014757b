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
        return endpoint.WebSocketFactory is not null ? OpenByFactoryAsync(endpoint, cancellationToken)
            : UpgradeDialer.GetHttpsProxyError(endpoint, Name) is { } error
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
                endpoint.TimeProvider,
                supportsZeroByteReads: true);
        }
        catch
        {
            dialer.Dispose();
            throw;
        }
    }

    /// <summary>Opens a connection over a WebSocket that the application has opened.</summary>
    private static async ValueTask<ITransportConnection> OpenByFactoryAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken)
    {
        string scheme = endpoint.Address.Scheme == Uri.UriSchemeHttps ? Uri.UriSchemeWss : Uri.UriSchemeWs;
        Uri address = new UriBuilder(endpoint.Address) { Scheme = scheme, Port = endpoint.Address.Port }.Uri;
        TunnelWebSocketRequest request = new(address, WebSocketProtocol.Subprotocol, endpoint.GetHeaders());
        WebSocket socket;
        try
        {
            socket = await endpoint.WebSocketFactory!(request, cancellationToken).ConfigureAwait(false)
                ?? throw new InvalidOperationException("It returned null.");
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // The factory is the application's: each exception fails this attempt only.
            throw new TransportException($"{WebSocketProtocol.TransportName}: WebSocketFactory failed: {exception.Message}", exception);
        }

        if (socket.SubProtocol != WebSocketProtocol.Subprotocol)
        {
            socket.Dispose();
            throw new TransportException(
                $"{WebSocketProtocol.TransportName}: the WebSocket of WebSocketFactory has the subprotocol \"{socket.SubProtocol}\" "
                    + $"instead of \"{WebSocketProtocol.Subprotocol}\": offer TunnelWebSocketRequest.Subprotocol.")
            {
                IsPermanent = true,
            };
        }

        return new WebSocketConnection(
            socket, new TransportConnectionInfo(WebSocketProtocol.TransportName), static _ => { }, endpoint.TimeProvider);
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
