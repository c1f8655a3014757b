using TunnelRpc.Transports.Legs;
using TunnelRpc.Transports.ReverseHttp;
using TunnelRpc.Transports.Upgrade;

namespace TunnelRpc.Calls.Tests.Filters;

public sealed class FiltersOverInMemory() : FilterConformance(null);

public sealed class FiltersOverUpgrade() : FilterConformance(new UpgradeTransport());

public sealed class FiltersOverReverseHttp() : FilterConformance(new ReverseHttpTransport());

public sealed class FiltersOverTwoConnection() : FilterConformance(new TwoConnectionTransport());

public sealed class FiltersOverConnect() : FilterConformance(new ThroughProxy());
