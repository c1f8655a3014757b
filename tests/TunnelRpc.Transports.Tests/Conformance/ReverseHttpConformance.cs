using TunnelRpc.Transports.ReverseHttp;

namespace TunnelRpc.Transports.Tests.Conformance;

public sealed class ReverseHttpConformance : HttpTransportConformance
{
    private protected override Task<ITransportFixture> StartAsync() => HttpFixture.StartAsync(new ReverseHttpTransport());
}
