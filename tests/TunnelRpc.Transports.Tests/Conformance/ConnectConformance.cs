using TunnelRpc.Transports.Connect;

namespace TunnelRpc.Transports.Tests.Conformance;

public sealed class ConnectConformance : HttpTransportConformance
{
    private protected override Task<ITransportFixture> StartAsync() => HttpFixture.StartAsync(new ConnectTransport(), throughProxy: true);
}
