using TunnelRpc.Transports.Upgrade;

namespace TunnelRpc.Transports.Tests.Conformance;

public sealed class EndToEndTlsOverUpgradeConformance : TransportConformance
{
    private protected override async Task<ITransportFixture> StartAsync() =>
        new EndToEndTlsFixture(await HttpFixture.StartAsync(new UpgradeTransport()));
}
