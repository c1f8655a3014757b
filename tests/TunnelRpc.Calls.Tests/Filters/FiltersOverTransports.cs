using TunnelRpc.Transports.ReverseHttp;
using TunnelRpc.Transports.TwoConnection;
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

public sealed class FiltersOverReverseHttp : FilterConformance
{
    private protected override Task<FilterPair> StartAsync(FilterService service, Action<TunnelFilters>? server, Action<TunnelFilters>? client) =>
        FilterPair.StartHttpAsync(new ReverseHttpTransport(), service, server, client);
}

public sealed class FiltersOverTwoConnection : FilterConformance
{
    private protected override Task<FilterPair> StartAsync(FilterService service, Action<TunnelFilters>? server, Action<TunnelFilters>? client) =>
        FilterPair.StartHttpAsync(new TwoConnectionTransport(), service, server, client);
}

public sealed class FiltersOverConnect : FilterConformance
{
    private protected override Task<FilterPair> StartAsync(FilterService service, Action<TunnelFilters>? server, Action<TunnelFilters>? client) =>
        FilterPair.StartHttpAsync(new ThroughProxy(), service, server, client);
}
