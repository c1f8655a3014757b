using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace TunnelRpc.Lab.Gateway;

/// <summary>The same application as an ordinary web server, on free loopback ports for HTTP/1.1 and for HTTP/2.</summary>
internal sealed class LocalShop : IAsyncDisposable
{
    private readonly WebApplication _app;

    private LocalShop(WebApplication app) => _app = app;

    public Uri Http1Address => new(_app.Urls.First());

    public Uri Http2Address => new(_app.Urls.Last());

    public static async Task<LocalShop> StartAsync(ShopState state)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddSingleton(state);
        ShopApplication.AddServices(builder.Services);
        WebApplication app = builder.Build();
        app.UseForwardedHeaders(new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.All });
        ShopApplication.Map(app, state);
        await app.StartAsync();
        return new LocalShop(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
