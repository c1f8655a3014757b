using TunnelRpc.Transports.Http;
using TunnelRpc.Transports.Upgrade;
using TunnelRpc.Transports.WebSockets;

namespace TunnelRpc.Transports.Connect;

/// <summary>
/// Connects through an explicit proxy: <c>CONNECT host:port</c> (RFC 9110, 9.3.6), TLS if the address is https, then the exchange of
/// <see cref="UpgradeTransport"/> in the proxy's tunnel, so that an intercepting proxy sees HTTP there. If an intermediary removes the
/// Upgrade header, a second tunnel with the exchange of <see cref="WebSocketTransport"/> is tried. If the proxy responds 407, the request
/// is sent again on a new connection with the endpoint's proxy credentials, which the server never sees: with Negotiate or NTLM if the
/// proxy offers them and the platform supports them, otherwise with Digest or Basic. On the server, the acceptors of "upgrade" and
/// "websocket" accept the exchange. Thread-safe.
/// </summary>
public sealed class ConnectTransport : ITransport
{
    internal const string TransportName = "connect";

    /// <summary>"connect".</summary>
    public string Name => TransportName;

    /// <inheritdoc/>
    public async ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        if (endpoint.Proxy is null)
        {
            throw new TransportException("connect: no proxy is configured.") { IsPermanent = true };
        }

        // The HTTP client sends CONNECT for https, wss and ws addresses, and forwards http requests. The ws and wss schemes have no other
        // effect.
        string scheme = endpoint.Address.Scheme == Uri.UriSchemeHttps ? Uri.UriSchemeWss : Uri.UriSchemeWs;
        Uri address = new UriBuilder(endpoint.Address) { Scheme = scheme, Port = endpoint.Address.Port }.Uri;
        TransportException? windowsAuthenticationFailure = null;
        while (true)
        {
            bool allowWindowsAuthentication = windowsAuthenticationFailure is null;
            HttpDialer dialer = new(endpoint, Name, disableConnectionReuse: true, allowWindowsAuthentication);
            try
            {
                return await UpgradeTransport.OpenAsync(dialer, endpoint, address, Name, cancellationToken).ConfigureAwait(false);
            }
            catch (TransportException failure) when (failure.HttpStatus == 407 && dialer.Observations.Proxy.HasUsedWindowsAuthentication)
            {
                // Retry without Negotiate and NTLM: the HTTP client prefers them even if the platform does not support them.
                windowsAuthenticationFailure = failure;
            }
            catch (TransportException failure) when (
                failure.HttpStatus == 407 && windowsAuthenticationFailure is not null && !dialer.Observations.Proxy.HasOtherSchemes)
            {
                throw windowsAuthenticationFailure;
            }
            catch (TransportException failure) when (IsUpgradeRemoved(failure, dialer))
            {
                HttpDialer webSocketDialer = new(endpoint, Name, disableConnectionReuse: true, allowWindowsAuthentication);
                return await OpenWebSocketAsync(webSocketDialer, endpoint, address, failure, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    // Whether an intermediary removed the Upgrade header or does not support the token: some support "websocket" only.
    private static bool IsUpgradeRemoved(TransportException failure, HttpDialer dialer)
        => dialer.Observations.HasResponse && failure.HttpStatus is 400 or 426 or (>= 200 and < 300);

    private static async ValueTask<ITransportConnection> OpenWebSocketAsync(
        HttpDialer dialer, TunnelEndpoint endpoint, Uri address, TransportException upgradeFailure, CancellationToken cancellationToken)
    {
        try
        {
            return await WebSocketTransport.OpenAsync(dialer, endpoint, address, TransportName, cancellationToken).ConfigureAwait(false);
        }
        catch (TransportException failure)
        {
            string message = $"{upgradeFailure.Message} As WebSocket in a second tunnel: {failure.Message[(TransportName.Length + 2)..]}";
            throw new TransportException(message, failure)
            {
                HttpStatus = upgradeFailure.HttpStatus,
                IsPermanent = upgradeFailure.IsPermanent && failure.IsPermanent,
            };
        }
    }
}
