using Microsoft.Extensions.Hosting;
using TunnelRpc.Gateway.Client.Claims;
using TunnelRpc.Gateway.Client.Forwarding;

namespace TunnelRpc.Gateway.Client.Hosting;

/// <summary>
/// Claims the names of one client while the application runs. The container disposes it, with the connections to the servers.
/// </summary>
internal sealed class HttpOriginHostedService(NameClaimer claimer, IReadOnlyList<OriginForwarder> forwarders)
    : IHostedService, IAsyncDisposable
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        claimer.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => claimer.StopAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await claimer.DisposeAsync().ConfigureAwait(false);
        foreach (OriginForwarder forwarder in forwarders)
        {
            forwarder.Dispose();
        }
    }
}
