using TunnelRpc.Transports.ExtendedConnect;

namespace TunnelRpc.Transports.Tests.Conformance;

public sealed class ExtendedConnectOverTlsConformance : HttpTransportConformance
{
    private protected override Task<ITransportFixture> StartAsync() => HttpFixture.StartAsync(new ExtendedConnectTransport(), tls: true);
}
