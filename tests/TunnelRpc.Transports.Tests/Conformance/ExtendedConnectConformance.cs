using Microsoft.AspNetCore.Server.Kestrel.Core;
using TunnelRpc.Transports.ExtendedConnect;

namespace TunnelRpc.Transports.Tests.Conformance;

public sealed class ExtendedConnectConformance : HttpTransportConformance
{
    private protected override Task<ITransportFixture> StartAsync() =>
        HttpFixture.StartAsync(new ExtendedConnectTransport(), protocols: HttpProtocols.Http2);
}
