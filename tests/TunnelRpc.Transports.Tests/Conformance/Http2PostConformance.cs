using Microsoft.AspNetCore.Server.Kestrel.Core;
using TunnelRpc.Transports.Http2Post;

namespace TunnelRpc.Transports.Tests.Conformance;

public sealed class Http2PostConformance : HttpTransportConformance
{
    private protected override Task<ITransportFixture> StartAsync() =>
        HttpFixture.StartAsync(new Http2PostTransport(), protocols: HttpProtocols.Http2);
}
