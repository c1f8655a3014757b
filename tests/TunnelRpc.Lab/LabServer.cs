using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TunnelRpc.AspNetCore.Http;
using TunnelRpc.Client;
using TunnelRpc.Hosting;

namespace TunnelRpc.Lab;

/// <summary>A real server on a free loopback port, behind which the proxies stand.</summary>
internal sealed class LabServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private LabServer(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.First());

    public int Port => Address.Port;

    /// <summary>What the work with each plain reverse-HTTP peer came to.</summary>
    public Channel<string> Peers { get; } = Channel.CreateUnbounded<string>();

    public static async Task<LabServer> StartAsync(Func<ReverseHttpPeer, CancellationToken, Task<string>>? onPeer = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        TunnelServerBuilder tunnel = builder.Services.AddTunnelRpc();
        tunnel.AddService<ILabService, LabService>();
        WebApplication app = builder.Build();
        var server = new LabServer(app);
        app.MapTunnelRpc("/tunnel");
        app.MapReverseHttp("/peers", async (peer, cancellationToken) =>
        {
            try
            {
                await server.Peers.Writer.WriteAsync(onPeer is null ? "" : await onPeer(peer, cancellationToken), CancellationToken.None);
            }
            catch (Exception error)
            {
                // The test that reads the channel reports it.
                await server.Peers.Writer.WriteAsync("failed: " + error, CancellationToken.None);
            }
        });
        await app.StartAsync();
        return server;
    }

    /// <summary>A client that reaches the server by <paramref name="front"/>, and serves the server's callbacks.</summary>
    public static async Task<TunnelClient> ConnectAsync(Uri front, Action<TunnelClientOptions>? configure = null)
    {
        TunnelClient client = await TunnelClient.ConnectAsync(new Uri(front, "/tunnel"), options =>
        {
            options.Serve<ILabClient>(new LabClient());
            configure?.Invoke(options);
        });
        return client;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
