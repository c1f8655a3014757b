using TunnelRpc.Transports.Legs;
using TunnelRpc.Transports.ReverseHttp;
using TunnelRpc.Transports.Upgrade;

namespace TunnelRpc.Calls.Tests.Cancelling;

public sealed class CancellationOverInMemory() : CancellationConformance(null);

public sealed class CancellationOverUpgrade() : CancellationConformance(new UpgradeTransport());

public sealed class CancellationOverReverseHttp() : CancellationConformance(new ReverseHttpTransport());

public sealed class CancellationOverTwoConnection() : CancellationConformance(new TwoConnectionTransport());

public sealed class CancellationOverConnect() : CancellationConformance(new ThroughProxy());
