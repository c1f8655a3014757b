using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TunnelRpc.Hosting;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Servers;

/// <summary>Serves tunnels on two ports, the first for HTTP/1.1 and the second for HTTP/2: without TLS, a port speaks one of them.</summary>
internal sealed class TunnelServer : ILoadServer
{
    public const string Path = "/tunnel";

    private WebApplication? _application;

    public async Task<int[]> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddTunnelRpc().AddService<ILoadService>(new LoadService());
        _application = builder.Build();
        _application.MapTunnelRpc(Path);
        await _application.StartAsync();
        return [.. _application.Urls.Select(url => new Uri(url).Port)];
    }

    public Task<Figures> CallBackAsync(int concurrency, TimeSpan duration)
    {
        ITunnelClients<ILoadService> clients = _application!.Services.GetRequiredService<ITunnelClients<ILoadService>>();
        ILoadService client = clients.Session(clients.SessionIds.Single());
        return CallLoop.RunAsync(() => client.EchoAsync(Sample.One, CancellationToken.None), concurrency, duration);
    }

    public async ValueTask DisposeAsync()
    {
        if (_application is not null)
        {
            await _application.DisposeAsync();
        }
    }
}
