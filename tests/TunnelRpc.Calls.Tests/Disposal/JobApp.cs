using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Calls.Tests.Disposal;

/// <summary>A real server application on a free loopback port that serves the steps of a test.</summary>
internal sealed class JobApp : IAsyncDisposable
{
    private JobApp(WebApplication app, RecordingLoggerFactory log)
    {
        App = app;
        Log = log;
        Server = app.Services.GetRequiredService<TunnelServer>();
        Address = new Uri(app.Urls.First() + "/tunnel");
    }

    public Uri Address { get; }

    public WebApplication App { get; }

    public TunnelServer Server { get; }

    public RecordingLoggerFactory Log { get; }

    public ITunnelClients<IStep> Clients => App.Services.GetRequiredService<ITunnelClients<IStep>>();

    public static async Task<JobApp> StartAsync(
        Action<TunnelServerBuilder> services, Action<TunnelServerOptions>? options = null, Action<IServiceCollection>? more = null)
    {
        var log = new RecordingLoggerFactory();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<ILoggerFactory>(log);
        services(builder.Services.AddTunnelRpc(options));
        more?.Invoke(builder.Services);
        WebApplication app = builder.Build();
        app.MapTunnelRpc("/tunnel");
        await app.StartAsync();
        return new JobApp(app, log);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await App.DisposeAsync();
        }
        catch (ObjectDisposedException)
        {
            // The test has disposed the application's services itself.
        }
    }
}
