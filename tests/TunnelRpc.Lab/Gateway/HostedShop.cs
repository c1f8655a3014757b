using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Lab.Gateway;

/// <summary>The application without a socket.</summary>
internal sealed class HostedShop : IAsyncDisposable
{
    private readonly WebApplication _app;

    private HostedShop(WebApplication app) => _app = app;

    /// <summary>Starts the application, and waits until its name is claimed.</summary>
    public static async Task<HostedShop> StartAsync(Uri tunnel, ShopState state)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseTunnelRpcServer(GatewayCases.Hosted, server =>
        {
            server.Address = tunnel;
            server.Client.RemoteCertificateValidationCallback = LabCertificate.Trusting(null);
            server.MaxRequestBodySize = null;
            server.StartTimeout = TestTimeout.Default;
        });
        builder.Services.AddSingleton(state);
        ShopApplication.AddServices(builder.Services);
        WebApplication app = builder.Build();
        ShopApplication.Map(app, state);
        await app.StartAsync();
        return new HostedShop(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
