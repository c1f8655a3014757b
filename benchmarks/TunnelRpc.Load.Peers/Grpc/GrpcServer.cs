using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Servers;

namespace TunnelRpc.Load.Peers.Grpc;

/// <summary>gRPC over HTTP/2 with prior knowledge.</summary>
internal sealed class GrpcServer() : WebServer(HttpProtocols.Http2)
{
    public override Task<Figures> CallBackAsync(int concurrency, TimeSpan duration) =>
        throw new NotSupportedException("A gRPC server cannot call its client.");

    protected override void Configure(WebApplicationBuilder builder)
    {
        // At least the largest measured concurrency. The default of Kestrel is 100.
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.Http2.MaxStreamsPerConnection = 4096);
        builder.Services.AddGrpc();
    }

    protected override void Map(WebApplication application) => application.MapGrpcService<GrpcLoadService>();
}
