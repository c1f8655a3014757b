using TunnelRpc.Gateway.Inspection;

namespace TunnelRpc.Gateway.Routing;

/// <summary>The gateway, for the application. Thread-safe.</summary>
internal sealed class TunnelGateway(GatewayRouter router, ExchangeLog inspection) : ITunnelGateway
{
    public IReadOnlyList<GatewayNameStatus> Names => router.Names;

    public IReadOnlyList<GatewayExchange> RecentRequests => inspection.GetRecent();

    public IAsyncEnumerable<GatewayExchange> WatchRequestsAsync(CancellationToken cancellationToken) =>
        inspection.WatchAsync(cancellationToken);
}
