namespace TunnelRpc.Transports.Tests.Conformance;

/// <summary>A connection inside end-to-end TLS meets the same contract.</summary>
public sealed class EndToEndTlsConformance : TransportConformance
{
    private protected override Task<ITransportFixture> StartAsync() => Task.FromResult<ITransportFixture>(new EndToEndTlsFixture(new InMemoryFixture()));
}
