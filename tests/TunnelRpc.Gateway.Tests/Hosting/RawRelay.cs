using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TunnelRpc.Gateway.Client.Origins;
using TunnelRpc.Tests.Accounting;

namespace TunnelRpc.Gateway.Tests.Hosting;

/// <summary>
/// A relay without a gateway: a real server on Kestrel whose test calls <see cref="IHttpOrigin"/> of the connected application, so that it
/// sees each part.
/// </summary>
internal sealed class RawRelay : IAsyncDisposable
{
    private readonly WebApplication _app;

    private RawRelay(WebApplication app) => _app = app;

    public RecordedClaims Claims => _app.Services.GetRequiredService<RecordedClaims>();

    public Uri Tunnel => new(_app.Urls.First() + "/tunnel");

    public int Port => new Uri(_app.Urls.First()).Port;

    /// <summary>Starts a relay on a free port, or on the port of one that has stopped.</summary>
    public static async Task<RawRelay> StartAsync(int port = 0)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        builder.Services.AddSingleton<RecordedClaims>();
        builder.Services.AddTunnelRpc(options => options.IncludeExceptionDetails = true).AddService<IHttpGateway, RecordingGateway>();
        WebApplication app = builder.Build();
        app.MapTunnelRpc("/tunnel");
        await app.StartAsync();
        return new RawRelay(app);
    }

    /// <summary>Returns the origin of a name, when it has been claimed.</summary>
    public async Task<IHttpOrigin> GetOriginAsync(string name = "shop")
    {
        string? session = null;
        await Eventually.TrueAsync(() => Claims.Sessions.TryGetValue(name, out session));
        return _app.Services.GetRequiredService<ITunnelClients<IHttpOrigin>>().Session(session!);
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
