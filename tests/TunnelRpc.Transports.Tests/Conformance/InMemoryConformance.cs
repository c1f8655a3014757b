namespace TunnelRpc.Transports.Tests.Conformance;

public sealed class InMemoryConformance : TransportConformance
{
    private protected override Task<ITransportFixture> StartAsync() => Task.FromResult<ITransportFixture>(new InMemoryFixture());
}
