using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TunnelRpc.Calls.Tests.Retrying;
using TunnelRpc.Hosting;

namespace TunnelRpc.Calls.Tests.Draining;

/// <summary>A real server application on a free loopback port, or on the port of an earlier application.</summary>
internal sealed class WorkApp : IAsyncDisposable
{
    private readonly WebApplication _app;

    private WorkApp(WebApplication app)
    {
        _app = app;
        Server = app.Services.GetRequiredService<TunnelServer>();
        Address = new Uri(app.Urls.First() + "/tunnel");
    }

    public Uri Address { get; }

    public TunnelServer Server { get; }

    public ITunnelClients<ICallbackService> Clients => _app.Services.GetRequiredService<ITunnelClients<ICallbackService>>();

    public static async Task<WorkApp> StartAsync(Work work, Action<TunnelServerOptions>? options = null, string url = "http://127.0.0.1:0")
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(url);
        builder.Services.AddTunnelRpc(o =>
        {
            o.ShutdownTimeout = TimeSpan.FromSeconds(30);
            options?.Invoke(o);
        }).AddService<IWork>(work).AddService<IOrderedWork>(work);
        WebApplication app = builder.Build();
        app.MapTunnelRpc("/tunnel");
        await app.StartAsync();
        return new WorkApp(app);
    }

    /// <summary>Stops the host gracefully.</summary>
    public Task StopAsync() => _app.StopAsync();

    /// <remarks>Ends the sessions first: a failed test must not wait for a shutdown timeout on fake time.</remarks>
    public async ValueTask DisposeAsync()
    {
        foreach (ServerSession session in Server.Sessions)
        {
            session.Peer.Session.End(new TunnelException(TunnelStatus.Unavailable, "The test has ended."));
        }

        await _app.DisposeAsync();
    }
}
