using TunnelRpc.Transports.Legs;
using TunnelRpc.Transports.ReverseHttp;
using TunnelRpc.Transports.Upgrade;

namespace TunnelRpc.Calls.Tests.Ordering;

public sealed class OrderedOverInMemory() : OrderedConformance(null);

public sealed class OrderedOverUpgrade() : OrderedConformance(new UpgradeTransport());

public sealed class OrderedOverReverseHttp() : OrderedConformance(new ReverseHttpTransport());

public sealed class OrderedOverTwoConnection() : OrderedConformance(new TwoConnectionTransport());

public sealed class OrderedOverConnect() : OrderedConformance(new ThroughProxy());
