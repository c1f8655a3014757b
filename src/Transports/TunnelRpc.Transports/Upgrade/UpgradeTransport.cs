using TunnelRpc.Transports.Connections;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Upgrade;

/// <summary>
/// HTTP/1.1 Upgrade (RFC 9110, 7.8): <c>GET</c>, <c>Connection: Upgrade</c>, <c>Upgrade: tunnelrpc</c>; after the 101, the connection
/// carries the bytes in both directions. The fastest transport. It works with reverse proxies that are configured for WebSocket. With an
/// explicit proxy and an http address the proxy forwards the request; most proxies remove its Upgrade header, which the failure
/// reports. Thread-safe.
/// </summary>
public sealed class UpgradeTransport : ITransport
{
    internal const string TransportName = "upgrade";

    /// <summary>"upgrade".</summary>
    public string Name => TransportName;

    /// <inheritdoc/>
    public ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        return UpgradeDialer.GetHttpsProxyError(endpoint, Name) is { } error
            ? ValueTask.FromException<ITransportConnection>(error)
            : OpenAsync(new HttpDialer(endpoint, TransportName), endpoint, endpoint.Address, TransportName, cancellationToken);
    }

    /// <summary>Opens a connection for "upgrade" and for "connect", which reach the address in different ways. Owns the dialer.</summary>
    internal static async ValueTask<ITransportConnection> OpenAsync(
        HttpDialer dialer, TunnelEndpoint endpoint, Uri address, string transport, CancellationToken cancellationToken)
    {
        try
        {
            using HttpRequestMessage request = dialer.CreateRequest(HttpMethod.Get, address);
            (_, Stream stream) = await UpgradeDialer.UpgradeAsync(
                dialer, request, HttpHeaderValues.UpgradeToken, transport, endpoint, cancellationToken).ConfigureAwait(false);
            return new StreamTransportConnection(
                stream,
                dialer.CreateConnectionInfo(UpgradeDialer.HandshakeTimeoutHint),
                _ =>
                {
                    stream.Dispose();
                    dialer.Dispose();
                });
        }
        catch
        {
            dialer.Dispose();
            throw;
        }
    }
}
