using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TunnelRpc.Gateway.Hosting;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Gateway.Tests.Hosting;

/// <summary>An ASP.NET Core application without a socket.</summary>
internal sealed class HostedApp : IAsyncDisposable
{
    private HostedApp(WebApplication app, RecordingLoggerFactory log)
    {
        App = app;
        Log = log;
    }

    public WebApplication App { get; }

    public RecordingLoggerFactory Log { get; }

    /// <summary>Starts an application that handles all requests with one delegate.</summary>
    public static Task<HostedApp> StartAsync(Uri tunnel, RequestDelegate handler, Action<TunnelRpcServerOptions>? options = null) =>
        StartAsync(tunnel, app => app.Run(handler), options);

    /// <summary>Starts an application.</summary>
    public static async Task<HostedApp> StartAsync(
        Uri tunnel,
        Action<WebApplication> map,
        Action<TunnelRpcServerOptions>? options = null,
        Action<WebApplicationBuilder>? configure = null)
    {
        var log = new RecordingLoggerFactory();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddSingleton<ILoggerFactory>(log);
        builder.WebHost.UseTunnelRpcServer("shop", server =>
        {
            server.Address = tunnel;
            server.Client.ReconnectDelay = TimeSpan.FromMilliseconds(20);
            server.Client.MaxReconnectDelay = TimeSpan.FromMilliseconds(200);
            options?.Invoke(server);
        });
        configure?.Invoke(builder);
        WebApplication app = builder.Build();
        try
        {
            map(app);
            await app.StartAsync();
            return new HostedApp(app, log);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync() => await App.DisposeAsync();
}
