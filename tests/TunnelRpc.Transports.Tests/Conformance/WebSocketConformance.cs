using TunnelRpc.Transports.WebSockets;

namespace TunnelRpc.Transports.Tests.Conformance;

public sealed class WebSocketConformance : HttpTransportConformance
{
    private protected override Task<ITransportFixture> StartAsync() => HttpFixture.StartAsync(new WebSocketTransport());
}
