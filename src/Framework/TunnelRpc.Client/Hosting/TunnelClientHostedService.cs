using Microsoft.Extensions.Hosting;

namespace TunnelRpc.Client.Hosting;

/// <summary>Keeps the client connected while the application runs, so that the server can call it without having been called. The client's container disposes it.</summary>
internal sealed class TunnelClientHostedService(TunnelClient client) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        client.KeepConnected();
        return Task.CompletedTask;
    }

    // Others that are stopped may still have something to say; the client ends with the container.
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
