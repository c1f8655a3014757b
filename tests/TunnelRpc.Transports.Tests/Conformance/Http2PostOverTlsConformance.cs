using TunnelRpc.Transports.Http2Post;

namespace TunnelRpc.Transports.Tests.Conformance;

public sealed class Http2PostOverTlsConformance : HttpTransportConformance
{
    private protected override Task<ITransportFixture> StartAsync() => HttpFixture.StartAsync(new Http2PostTransport(), tls: true);
}
