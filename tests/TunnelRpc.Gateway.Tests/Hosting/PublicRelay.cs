using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace TunnelRpc.Gateway.Tests.Hosting;

/// <summary>A real gateway on Kestrel, with one port for HTTP/1.1 and one for HTTP/2, as the world sees it.</summary>
internal sealed class PublicRelay : IAsyncDisposable
{
    private readonly WebApplication _app;

    private PublicRelay(WebApplication app) => _app = app;

    public Uri Tunnel => new(_app.Urls.First() + "/tunnel");

    /// <summary>The address of the application "shop", for HTTP/1.1.</summary>
    public Uri Shop => new(_app.Urls.First() + "/apps/shop/");

    /// <summary>The address of the application "shop", for HTTP/2 without TLS.</summary>
    public Uri ShopOverHttp2 => new(_app.Urls.Last() + "/apps/shop/");

    public static async Task<PublicRelay> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddTunnelGateway(gateway => gateway.AllowAnyClaim());
        WebApplication app = builder.Build();
        app.MapTunnelRpc("/tunnel");
        app.MapTunnelGateway("/apps/{name}");
        await app.StartAsync();
        return new PublicRelay(app);
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
