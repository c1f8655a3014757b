using TunnelRpc.Transports.Connections;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Upgrade;

/// <summary>
/// HTTP/1.1 Upgrade (RFC 9110, 7.8): <c>GET</c>, <c>Connection: Upgrade</c>, <c>Upgrade: tunnelrpc</c>; after the 101, bytes
/// both ways. The fastest path; passes reverse proxies that are set up for WebSocket. With an explicit proxy and an http
/// address the request is forwarded by the proxy, which most strip of its Upgrade; that is reported. Thread-safe.
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
        return UpgradeDialer.GetHttpsProxyError(endpoint, Name) is { } refused
            ? ValueTask.FromException<ITransportConnection>(refused)
            : OpenAsync(new HttpDialer(endpoint, TransportName), endpoint, endpoint.Address, TransportName, cancellationToken);
    }

    /// <summary>What "upgrade" and "connect" share; they differ in how the address is reached. Owns the dialer.</summary>
    internal static async ValueTask<ITransportConnection> OpenAsync(HttpDialer dialer, TunnelEndpoint endpoint, Uri address, string transport, CancellationToken cancellationToken)
    {
        try
        {
            using HttpRequestMessage request = dialer.CreateRequest(HttpMethod.Get, address);
            (_, Stream stream) = await UpgradeDialer.UpgradeAsync(dialer, request, HttpHeaderValues.UpgradeToken, transport, endpoint, cancellationToken).ConfigureAwait(false);
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
