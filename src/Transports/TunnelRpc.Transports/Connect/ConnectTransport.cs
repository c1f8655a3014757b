using TunnelRpc.Transports.Http;
using TunnelRpc.Transports.Upgrade;
using TunnelRpc.Transports.WebSockets;

namespace TunnelRpc.Transports.Connect;

/// <summary>
/// Through an explicit proxy: <c>CONNECT host:port</c> (RFC 9110, 9.3.6), TLS when the address is https, then the exchange of
/// <see cref="UpgradeTransport"/> inside, so that what an intercepting proxy sees in the tunnel is HTTP; where that comes
/// without its Upgrade, that of <see cref="WebSocketTransport"/> in a second tunnel. A 407 is answered with the endpoint's
/// proxy credentials, which the server never sees, on a connection of its own: by Negotiate or NTLM where the proxy offers
/// them and the platform has them, else by Digest or Basic. The answering halves are those of "upgrade" and "websocket". Thread-safe.
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

        // The HTTP client tunnels https and WebSocket addresses, and forwards only http ones; the scheme appears nowhere else.
        string scheme = endpoint.Address.Scheme == Uri.UriSchemeHttps ? Uri.UriSchemeWss : Uri.UriSchemeWs;
        Uri address = new UriBuilder(endpoint.Address) { Scheme = scheme, Port = endpoint.Address.Port }.Uri;
        TransportException? byWindows = null;
        while (true)
        {
            HttpDialer dialer = new(endpoint, Name, disableConnectionReuse: true, allowWindowsAuthentication: byWindows is null);
            try
            {
                return await UpgradeTransport.OpenAsync(dialer, endpoint, address, Name, cancellationToken).ConfigureAwait(false);
            }
            catch (TransportException failure) when (failure.HttpStatus == 407 && dialer.Observations.Proxy.HasUsedWindowsAuthentication)
            {
                // Once more without: the client prefers Negotiate and NTLM also where the platform lacks them.
                byWindows = failure;
            }
            catch (TransportException failure) when (failure.HttpStatus == 407 && byWindows is not null && !dialer.Observations.Proxy.HasOtherSchemes)
            {
                throw byWindows;
            }
            catch (TransportException failure) when (IsUpgradeRemoved(failure, dialer))
            {
                HttpDialer another = new(endpoint, Name, disableConnectionReuse: true, allowWindowsAuthentication: byWindows is null);
                return await OpenWebSocketAsync(another, endpoint, address, failure, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    // Something before the server took the Upgrade away, or does not know the token: some know "websocket" only.
    private static bool IsUpgradeRemoved(TransportException failure, HttpDialer dialer)
        => dialer.Observations.HasResponse && failure.HttpStatus is 400 or 426 or (>= 200 and < 300);

    private static async ValueTask<ITransportConnection> OpenWebSocketAsync(
        HttpDialer dialer, TunnelEndpoint endpoint, Uri address, TransportException refused, CancellationToken cancellationToken)
    {
        try
        {
            return await WebSocketTransport.OpenAsync(dialer, endpoint, address, TransportName, cancellationToken).ConfigureAwait(false);
        }
        catch (TransportException failure)
        {
            throw new TransportException($"{refused.Message} As WebSocket, inside another tunnel: {failure.Message[(TransportName.Length + 2)..]}", failure)
            {
                HttpStatus = refused.HttpStatus,
                IsPermanent = refused.IsPermanent && failure.IsPermanent,
            };
        }
    }
}
