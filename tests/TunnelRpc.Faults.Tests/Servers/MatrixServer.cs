using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TunnelRpc.Client;

namespace TunnelRpc.Faults.Tests.Servers;

/// <summary>A real server on two free loopback ports: one for HTTP/1.1, one for HTTP/2 with prior knowledge.</summary>
public sealed class MatrixServer : IAsyncLifetime
{
    private WebApplication _app = null!;

    public Uri Http1 { get; private set; } = null!;

    public Uri Http2 { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });

        // The short keepalive interval detects black-hole paths quickly, so that they do not delay the server's stop.
        builder.Services.AddTunnelRpc(options =>
        {
            options.KeepAliveInterval = TimeSpan.FromMilliseconds(500);
            options.HandshakeTimeout = TimeSpan.FromSeconds(20);
        }).AddService<IMatrixService, MatrixService>();
        _app = builder.Build();
        _app.MapTunnelRpc("/tunnel");
        await _app.StartAsync();
        Uri[] addresses = [.. _app.Urls.Select(url => new Uri(url))];
        (Http1, Http2) = (addresses[0], addresses[1]);
    }

    /// <summary>Creates a client that serves the server's callbacks. It is not connected.</summary>
    public static TunnelClient CreateClient(
        Uri address, Action<TunnelClientOptions> configure, ILoggerFactory? loggerFactory = null)
    {
        var options = new TunnelClientOptions
        {
            Address = new Uri(address, "/tunnel"),
            ConnectTimeout = TimeSpan.Zero,
            KeepAliveInterval = TimeSpan.FromMilliseconds(500),
            CloseTimeout = TimeSpan.FromMilliseconds(200),
        };
        options.Serve<IMatrixClient>(new MatrixClient());
        configure(options);
        return new TunnelClient(options, loggerFactory);
    }

    public async Task DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }
}
