using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Servers;

namespace TunnelRpc.Load.Peers.Plain;

/// <summary>TunnelRpc as README teaches it: default options and buffers, an object for each call, no attributes.</summary>
internal sealed class PlainServer() : WebServer(HttpProtocols.Http1)
{
    public const string Path = "/tunnel";

    public override Task<Figures> CallBackAsync(int concurrency, TimeSpan duration)
    {
        ITunnelClients<IPlainClient> clients = Services.GetRequiredService<ITunnelClients<IPlainClient>>();
        IPlainClient client = clients.Session(clients.SessionIds.Single());
        return CallLoop.RunAsync(() => new ValueTask<PlainSample>(client.EchoAsync(PlainSample.One)), concurrency, duration);
    }

    protected override void Configure(WebApplicationBuilder builder) => builder.Services.AddTunnelRpc().AddService<IPlainLoad, PlainLoad>();

    protected override void Map(WebApplication application) => application.MapTunnelRpc(Path);
}
