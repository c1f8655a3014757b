using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TunnelRpc.Client;
using TunnelRpc.Gateway.Client;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Lab.Gateway;

/// <summary>The program beside a local server that claims names for it.</summary>
internal sealed class LocalShopTunnel : IAsyncDisposable
{
    private readonly IHost _host;

    private LocalShopTunnel(IHost host) => _host = host;

    /// <summary>The session of the tunnel.</summary>
    public string? Session => _host.Services.GetRequiredService<TunnelClient>().SessionId;

    /// <summary>Starts the program, and waits until the names are claimed.</summary>
    public static async Task<LocalShopTunnel> StartAsync(Uri tunnel, LocalShop shop)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services
            .AddTunnelClient(client =>
            {
                client.Address = tunnel;
                client.RemoteCertificateValidationCallback = LabCertificate.Trusting(null);
            })
            .AddHttpOrigin(GatewayCases.Local, shop.Http1Address)
            .AddHttpOrigin(GatewayCases.LocalHttp2, shop.Http2Address, origin => origin.HttpVersion = HttpVersion.Version20);
        IHost host = builder.Build();
        var started = new LocalShopTunnel(host);
        try
        {
            await host.StartAsync();
            foreach (HttpOriginClaim claim in host.Services.GetServices<HttpOriginClaim>())
            {
                await claim.WaitUntilClaimedAsync().DefaultTimeout();
            }

            return started;
        }
        catch
        {
            await started.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        if (_host is IAsyncDisposable disposable)
        {
            await disposable.DisposeAsync();
        }
    }
}
