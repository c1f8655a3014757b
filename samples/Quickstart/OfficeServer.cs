using TunnelRpc.Hosting;

namespace Quickstart;

/// <summary>The server: an ordinary ASP.NET Core application with one mapped tunnel.</summary>
internal static class OfficeServer
{
    public const string Path = "/tunnel";

    /// <summary>Starts on <paramref name="url"/>; port 0 picks a free one.</summary>
    public static async Task<WebApplication> StartAsync(Uri url, CancellationToken cancellationToken)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.UseUrls(url.GetLeftPart(UriPartial.Authority));
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
