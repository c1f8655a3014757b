using TunnelRpc.Transports.Upgrade;

namespace TunnelRpc.Transports.Connect;

/// <summary>
/// Through an explicit proxy: <c>CONNECT host:port</c> (RFC 9110, 9.3.6), TLS when the address is https, then the exchange of
/// <see cref="UpgradeTransport"/> inside, so that what an intercepting proxy sees in the tunnel is HTTP. A 407 is
/// answered with the endpoint's proxy credentials (Basic, Digest; Negotiate and NTLM where the platform has them), which
/// the server never sees. The answering half is <see cref="UpgradeTransportAcceptor"/>. Thread-safe.
/// </summary>
public sealed class ConnectTransport : ITransport
{
    internal const string TransportName = "connect";

    /// <summary>"connect".</summary>
    public string Name => TransportName;

    /// <inheritdoc/>
    public ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        if (endpoint.Proxy is null)
        {
            return ValueTask.FromException<ITransportConnection>(new TransportException("connect: no proxy is configured.") { IsDefinite = true });
        }

        // The HTTP client tunnels https and WebSocket addresses, and forwards only http ones; the scheme appears nowhere else.
        string scheme = endpoint.Address.Scheme == Uri.UriSchemeHttps ? Uri.UriSchemeWss : Uri.UriSchemeWs;
        Uri address = new UriBuilder(endpoint.Address) { Scheme = scheme, Port = endpoint.Address.Port }.Uri;
        return UpgradeTransport.OpenAsync(endpoint, address, TransportName, cancellationToken);
    }
}
