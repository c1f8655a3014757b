using Microsoft.Extensions.Hosting;

namespace TunnelRpc.Client.Hosting;

/// <summary>
/// Keeps one client connected while the application runs, so that the server can call it before the application makes a call. The container
/// disposes the client.
/// </summary>
internal sealed class TunnelClientHostedService(TunnelClient client) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        client.KeepConnected();
        return Task.CompletedTask;
    }

    // Other hosted services may still make calls while they stop; therefore only the container closes the client.
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
