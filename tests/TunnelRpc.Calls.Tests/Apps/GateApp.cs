using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace TunnelRpc.Calls.Tests.Apps;

/// <summary>An ASP.NET Core application that serves <see cref="IGate"/> on a loopback port.</summary>
internal sealed class GateApp : IAsyncDisposable
{
    private readonly WebApplication _app;

    private GateApp(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.First() + "/tunnel");

    public GateCounter Counter => _app.Services.GetRequiredService<GateCounter>();

    public ITunnelClients<IGuest> Clients => _app.Services.GetRequiredService<ITunnelClients<IGuest>>();

    public TunnelServer Server => _app.Services.GetRequiredService<TunnelServer>();

    public static async Task<GateApp> StartAsync(
        ServiceLifetime lifetime = ServiceLifetime.Scoped,
        Action<TunnelServerOptions>? options = null,
        Action<WebApplicationBuilder>? build = null,
        Action<WebApplication, IEndpointConventionBuilder>? use = null,
        string url = "http://127.0.0.1:0")
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(url);
        builder.Services.AddSingleton<GateCounter>();
        builder.Services.AddTunnelRpc(options).AddService<IGate, GateService>(lifetime);
        build?.Invoke(builder);
        WebApplication app = builder.Build();
        use?.Invoke(app, app.MapTunnelRpc("/tunnel"));
        if (use is null)
        {
            app.MapTunnelRpc("/tunnel");
        }

        await app.StartAsync();
        return new GateApp(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
