using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace TunnelRpc.Lab.Gateway;

/// <summary>
/// A gateway on free loopback ports. Names are reached at "{name}.apps.example" and "/apps/{name}"; the tunnel is at "/tunnel".
/// </summary>
internal sealed class GatewayServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private GatewayServer(WebApplication app) => _app = app;

    /// <summary>The port for HTTP/1.1 without TLS, for proxies.</summary>
    public int Http1Port => PortOf(0);

    /// <summary>The port for HTTP/2 without TLS, for proxies.</summary>
    public int Http2Port => PortOf(1);

    /// <summary>The port for HTTP/1.1 and HTTP/2 over TLS, for direct clients.</summary>
    public int TlsPort => PortOf(2);

    /// <param name="isBehindProxy">Whether the proxy on this machine is trusted to name the client.</param>
    public static async Task<GatewayServer> StartAsync(bool isBehindProxy)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            // HAProxy passes the scheme of the client over HTTP/2 (":scheme"), which is not that of its own connection.
            kestrel.AllowAlternateSchemes = isBehindProxy;
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = HttpProtocols.Http1AndHttp2;
                listen.UseHttps(LabCertificate.Server);
            });
        });
        builder.Services.AddTunnelGateway(gateway => gateway.AllowAnyClaim());
        WebApplication app = builder.Build();
        if (isBehindProxy)
        {
            app.UseForwardedHeaders(new ForwardedHeadersOptions
            {
                ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto,
            });
        }

        app.MapTunnelRpc("/tunnel");
        app.MapTunnelGateway("{name}.apps.example");
        app.MapTunnelGateway("/apps/{name}");
        await app.StartAsync();
        return new GatewayServer(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private int PortOf(int index) => new Uri(_app.Urls.ElementAt(index)).Port;
}
