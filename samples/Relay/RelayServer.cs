using System.Net;

namespace Relay;

/// <summary>The relay: the one program that listens on a port. Everyone may claim a name, so it listens on this machine only.</summary>
internal static class RelayServer
{
    /// <summary>Starts the relay on a free port.</summary>
    public static async Task<WebApplication> StartAsync(CancellationToken cancellationToken)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddTunnelGateway(gateway => gateway.AllowAnyClaim());

        WebApplication app = builder.Build();
        app.MapTunnelRpc("/tunnel");
        app.MapTunnelGateway("/apps/{name}");
        await app.StartAsync(cancellationToken);
        return app;
    }
}
