using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using TunnelRpc;

namespace Quickstart;

/// <summary>The server: an ordinary ASP.NET Core application with one mapped tunnel.</summary>
internal static class OfficeServer
{
    public const string Path = "/tunnel";

    /// <summary>Starts on <paramref name="url"/>; port 0 selects a free port.</summary>
    public static Task<WebApplication> StartAsync(Uri url, CancellationToken cancellationToken) =>
        StartAsync(host => host.UseUrls(url.GetLeftPart(UriPartial.Authority)), cancellationToken);

    /// <summary>
    /// Starts on two free loopback ports, the first for HTTP/1.1 and the second for HTTP/2: without TLS, a port serves only one version.
    /// </summary>
    public static Task<WebApplication> StartOnTwoPortsAsync(CancellationToken cancellationToken) =>
        StartAsync(
            host => host.ConfigureKestrel(kestrel =>
            {
                kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
                kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
            }),
            cancellationToken);

    private static async Task<WebApplication> StartAsync(Action<IWebHostBuilder> listen, CancellationToken cancellationToken)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        listen(builder.WebHost);
        builder.Services.AddSingleton(TimeProvider.System);
        TunnelServerBuilder tunnel = builder.Services.AddTunnelRpc();
        tunnel.AddService<IOffice, OfficeService>();

        WebApplication app = builder.Build();
        app.MapTunnelRpc(Path);
        await app.StartAsync(cancellationToken);
        return app;
    }

    /// <summary>Serves until Ctrl+C.</summary>
    public static async Task<int> RunAsync(Uri url, CancellationToken cancellationToken)
    {
        await using WebApplication app = await StartAsync(url, cancellationToken);
        foreach (string address in app.Urls)
        {
            Console.WriteLine($"Serving tunnels at {address}{Path}; run a client with: --client {address}");
        }

        await app.WaitForShutdownAsync(cancellationToken);
        return 0;
    }
}
