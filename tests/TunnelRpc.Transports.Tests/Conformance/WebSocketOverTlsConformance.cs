using TunnelRpc.Transports.WebSockets;

namespace TunnelRpc.Transports.Tests.Conformance;

public sealed class WebSocketOverTlsConformance : HttpTransportConformance
{
    private protected override Task<ITransportFixture> StartAsync() => HttpFixture.StartAsync(new WebSocketTransport(), tls: true);
}
