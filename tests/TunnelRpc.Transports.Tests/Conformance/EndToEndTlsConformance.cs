namespace TunnelRpc.Transports.Tests.Conformance;

/// <summary>Inside of TLS a connection is what it was.</summary>
public sealed class EndToEndTlsConformance : TransportConformance
{
    private protected override Task<ITransportFixture> StartAsync() => Task.FromResult<ITransportFixture>(new EndToEndTlsFixture(new InMemoryFixture()));
}
