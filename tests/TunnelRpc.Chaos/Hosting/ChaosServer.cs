using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TunnelRpc.Chaos.Contract;

namespace TunnelRpc.Chaos.Hosting;

/// <summary>A server on Kestrel, with an address without TLS and one with TLS.</summary>
internal sealed class ChaosServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ChaosServer(WebApplication app, ErrorLog log)
    {
        _app = app;
        Log = log;
        Address = new Uri(app.Urls.First());
        SecureAddress = new Uri(app.Urls.Last());
    }

    public Uri Address { get; }

    /// <summary>The address with TLS, for HTTP/1.1 and HTTP/2: every transport works there.</summary>
    public Uri SecureAddress { get; }

    public ErrorLog Log { get; }

    /// <summary>The connected clients, for callbacks.</summary>
    public ITunnelClients<IChaosPeer> Clients => _app.Services.GetRequiredService<ITunnelClients<IChaosPeer>>();

    /// <param name="ledger">Records the calls.</param>
    /// <param name="configure">Sets the server's options.</param>
    /// <param name="listen">The end point without TLS; by default a free loopback port.</param>
    public static async Task<ChaosServer> StartAsync(
        ILedger ledger, Action<TunnelServerOptions>? configure = null, IPEndPoint? listen = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        var log = new ErrorLog();
        builder.Logging.ClearProviders().AddProvider(log);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(listen ?? new IPEndPoint(IPAddress.Loopback, 0));
            kestrel.Listen(listen?.Address ?? IPAddress.Loopback, 0, secure =>
            {
                secure.Protocols = HttpProtocols.Http1AndHttp2;
                secure.UseHttps(LabCertificate.Server);
            });
        });
        builder.Services.AddTunnelRpc(options => configure?.Invoke(options)).AddService<IChaosPeer>(new ChaosPeer(ledger));
        WebApplication app = builder.Build();
        app.MapTunnelRpc("/tunnel");
        try
        {
            await app.StartAsync();
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        return new ChaosServer(app, log);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }
}
