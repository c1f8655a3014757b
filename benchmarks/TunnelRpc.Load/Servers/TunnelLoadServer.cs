using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Servers;

/// <summary>Serves tunnels. The first port is for HTTP/1.1, the second for HTTP/2.</summary>
internal sealed class TunnelLoadServer() : WebServer(HttpProtocols.Http1, HttpProtocols.Http2)
{
    public const string Path = "/tunnel";

    public override Task<Figures> CallBackAsync(int concurrency, TimeSpan duration)
    {
        ITunnelClients<ILoadService> clients = Services.GetRequiredService<ITunnelClients<ILoadService>>();
        ILoadService client = clients.Session(clients.SessionIds.Single());
        return CallLoop.RunAsync(() => client.EchoAsync(Sample.One, CancellationToken.None), concurrency, duration);
    }

    protected override void Configure(WebApplicationBuilder builder)
    {
        builder.WebHost.UseTunnelRpcBuffers();
        builder.Services.AddTunnelRpc().AddService<ILoadService>(new LoadService());
    }

    protected override void Map(WebApplication application) => application.MapTunnelRpc(Path);
}
