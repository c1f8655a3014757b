using TunnelRpc.Transports.Upgrade;

namespace TunnelRpc.Transports.Tests.Conformance;

public sealed class UpgradeConformance : HttpTransportConformance
{
    private protected override Task<ITransportFixture> StartAsync() => HttpFixture.StartAsync(new UpgradeTransport());
}
