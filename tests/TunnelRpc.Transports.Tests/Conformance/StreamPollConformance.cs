using TunnelRpc.Transports.Legs;

namespace TunnelRpc.Transports.Tests.Conformance;

public sealed class StreamPollConformance : HttpTransportConformance
{
    private protected override Task<ITransportFixture> StartAsync() => HttpFixture.StartAsync(new StreamPollTransport());
}
