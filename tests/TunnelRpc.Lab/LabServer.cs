using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TunnelRpc.AspNetCore;

namespace TunnelRpc.Lab;

/// <summary>A server on free loopback ports, the upstream of the proxies.</summary>
internal sealed class LabServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private LabServer(WebApplication app) => _app = app;

    /// <summary>The path of an ordinary page, for comparison with the tunnel.</summary>
    public const string PlainPath = "/plain";
    public const string PlainText = "plain";

    public Uri Address => AddressFor(FrontendProtocol.Http);

    public int Port => Address.Port;

    /// <summary>The result of <c>onPeer</c> for each plain reverse-HTTP peer.</summary>
    public Channel<string> Peers { get; } = Channel.CreateUnbounded<string>();

    public static async Task<LabServer> StartAsync(
        Func<ReverseHttpPeer, CancellationToken, Task<string>>? onPeer = null, Action<TunnelServerOptions>? configure = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Listen(IPAddress.Loopback, 0, listen => Secure(listen, HttpProtocols.Http1));
            kestrel.Listen(IPAddress.Loopback, 0, listen => Secure(listen, HttpProtocols.Http1AndHttp2));
        });
        TunnelServerBuilder tunnel = builder.Services.AddTunnelRpc(options => configure?.Invoke(options));
        tunnel.AddService<ILabService, LabService>();
        WebApplication app = builder.Build();
        var server = new LabServer(app);
        app.MapTunnelRpc("/tunnel");
        app.MapGet(PlainPath, () => PlainText);
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

    /// <summary>Returns the address for the given protocol.</summary>
    public Uri AddressFor(FrontendProtocol frontend) => new(_app.Urls.ElementAt((int)frontend));

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static void Secure(ListenOptions listen, HttpProtocols protocols)
    {
        listen.Protocols = protocols;
        listen.UseHttps(LabCertificate.Server);
    }
}
