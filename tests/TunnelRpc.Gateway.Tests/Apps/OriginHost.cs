using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TunnelRpc.Client;
using TunnelRpc.Gateway.Client;
using TunnelRpc.Server.Tests.Apps;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Gateway.Tests.Apps;

/// <summary>The hosted application of a user that exposes local servers through a tunnel.</summary>
internal sealed class OriginHost : IAsyncDisposable
{
    private readonly IHost _host;

    private OriginHost(IHost host, RecordingLoggerFactory log)
    {
        _host = host;
        Log = log;
    }

    public RecordingLoggerFactory Log { get; }

    public TunnelClient Client => _host.Services.GetRequiredService<TunnelClient>();

    public HttpOriginClaim Claim(string name) => _host.Services.GetRequiredKeyedService<HttpOriginClaim>(name);

    /// <summary>Starts the host without waiting for claims.</summary>
    public static async Task<OriginHost> StartAsync(
        Uri tunnel, Action<TunnelClientBuilder> origins, string? user = null, Action<TunnelClientOptions>? options = null)
    {
        var log = new RecordingLoggerFactory { MinimumLevel = LogLevel.Information };
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton<ILoggerFactory>(log);
        origins(builder.Services.AddTunnelClient(client =>
        {
            client.Address = tunnel;
            if (user is not null)
            {
                client.Headers[UserHeaderAuthentication.Header] = user;
            }

            options?.Invoke(client);
        }));
        IHost host = builder.Build();
        await host.StartAsync();
        return new OriginHost(host, log);
    }

    /// <summary>Starts a host with one origin, and waits until its name is claimed.</summary>
    public static async Task<OriginHost> StartAsync(
        GatewayApp gateway, OriginApp origin, string name = "shop", string? user = null, Action<HttpOriginOptions>? options = null)
    {
        OriginHost host = await StartAsync(
            gateway.Address("/tunnel"), client => client.AddHttpOrigin(name, origin.Address, options), user);
        await host.Claim(name).WaitUntilClaimedAsync().DefaultTimeout();
        return host;
    }

    public Task StopAsync() => _host.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        if (_host is IAsyncDisposable disposable)
        {
            await disposable.DisposeAsync();
        }
    }
}
