using System.Net;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TunnelRpc.Gateway.Routing;
using TunnelRpc.Server.Tests.Apps;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Gateway.Tests.Apps;

/// <summary>
/// A real gateway on free loopback ports, for HTTP/1.1 and for HTTP/2. Names are reached at "/apps/{name}" and "{name}.apps.example", and
/// with the whole path at "/whole/{name}". The tunnel is at "/tunnel".
/// </summary>
internal sealed class GatewayApp : IAsyncDisposable
{
    private GatewayApp(WebApplication app, RecordingLoggerFactory log)
    {
        App = app;
        Log = log;
    }

    public WebApplication App { get; }

    public RecordingLoggerFactory Log { get; }

    public ITunnelGateway Gateway => App.Services.GetRequiredService<ITunnelGateway>();

    public GatewayRouter Router => App.Services.GetRequiredService<GatewayRouter>();

    public int Port => new Uri(App.Urls.First()).Port;

    /// <summary>The address for HTTP/1.1, or the one for HTTP/2.</summary>
    public Uri Address(string path = "/", bool http2 = false) => new(App.Urls.ElementAt(http2 ? 1 : 0) + path);

    public static async Task<GatewayApp> StartAsync(
        Action<TunnelGatewayOptions>? options = null,
        Action<WebApplication>? map = null,
        int port = 0,
        Action<TunnelServerOptions>? server = null,
        Action<ListenOptions>? listen = null,
        Action<IServiceCollection>? services = null)
    {
        var log = new RecordingLoggerFactory { MinimumLevel = LogLevel.Information };
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, port, endpoint =>
            {
                endpoint.Protocols = HttpProtocols.Http1;
                listen?.Invoke(endpoint);
            });
            kestrel.Listen(IPAddress.Loopback, 0, endpoint => endpoint.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddSingleton<ILoggerFactory>(log);
        builder.Services.AddAuthentication(UserHeaderAuthentication.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, UserHeaderAuthentication>(UserHeaderAuthentication.SchemeName, null);
        builder.Services.AddTunnelRpc(server);
        builder.Services.AddTunnelGateway(gateway =>
        {
            gateway.AllowAnyClaim();
            options?.Invoke(gateway);
        });
        services?.Invoke(builder.Services);
        WebApplication app = builder.Build();
        try
        {
            app.UseAuthentication();
            app.MapTunnelRpc("/tunnel");
            app.MapTunnelGateway("/apps/{name}");
            app.MapTunnelGateway("/whole/{name}", keepPath: true);
            app.MapTunnelGateway("{name}.apps.example");
            map?.Invoke(app);
            await app.StartAsync();
            return new GatewayApp(app, log);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync() => await App.DisposeAsync();
}
