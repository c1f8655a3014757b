using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace TunnelRpc.Cli.Serving;

/// <summary>Builds a server that serves tunnels, which reply to probes, and what the relay's options say. Without state.</summary>
internal static class ProbeServer
{
    public static WebApplication Build(ServeOptions options, X509Certificate2? certificate)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();

        // The command line handles signals. Only the addresses go to the standard output, so all logs go to the error output.
        builder.Services.AddSingleton<IHostLifetime, NullHostLifetime>();
        builder.Logging.ClearProviders()
            .SetMinimumLevel(LogLevel.Warning)
            .AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureHttpsDefaults(https => https.ServerCertificate = certificate));
        if (options.Relay.Ptth is not null)
        {
            // With https the middleware gets the bytes of TLS, and passes them on.
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(listen => listen.UseReverseHttpHeads()));
        }

        builder.WebHost.UseTunnelRpcConnectionLimit();
        builder.WebHost.UseUrls([.. options.Urls.Select(u => u.GetLeftPart(UriPartial.Authority))]);
        builder.Services.AddTunnelRpc(server =>
        {
            if (options.EndToEndTls)
            {
                server.EndToEndTls = new TunnelServerTlsOptions { Certificate = certificate, RequireEncryption = false };
            }
        });
        RelayEndpoints.AddServices(builder, options.Relay);
        WebApplication app = builder.Build();
        RelayEndpoints.Map(app, options.Relay);
        app.MapTunnelRpc(options.Path);
        if (options.Path != "/")
        {
            app.MapTunnelRpc("/");
        }

        return app;
    }

    private sealed class NullHostLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
