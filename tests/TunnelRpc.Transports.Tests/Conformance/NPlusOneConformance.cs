using TunnelRpc.Transports.Legs;

namespace TunnelRpc.Transports.Tests.Conformance;

public sealed class NPlusOneConformance : HttpTransportConformance
{
    private protected override Task<ITransportFixture> StartAsync() => HttpFixture.StartAsync(new NPlusOneTransport());
}
