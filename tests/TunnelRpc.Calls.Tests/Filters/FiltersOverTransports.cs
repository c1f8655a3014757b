using TunnelRpc.Transports.Upgrade;

namespace TunnelRpc.Calls.Tests.Filters;

public sealed class FiltersOverInMemory : FilterConformance
{
    private protected override Task<FilterPair> StartAsync(FilterService service, Action<TunnelFilters>? server, Action<TunnelFilters>? client) =>
        FilterPair.StartInMemoryAsync(service, server, client);
}

public sealed class FiltersOverUpgrade : FilterConformance
{
    private protected override Task<FilterPair> StartAsync(FilterService service, Action<TunnelFilters>? server, Action<TunnelFilters>? client) =>
        FilterPair.StartHttpAsync(new UpgradeTransport(), service, server, client);
}
