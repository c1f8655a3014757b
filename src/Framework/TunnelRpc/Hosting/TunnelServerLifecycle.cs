using Microsoft.Extensions.Hosting;

namespace TunnelRpc.Hosting;

/// <summary>Stops the server before its host stops anything else: what carries the sessions must still be there.</summary>
internal sealed class TunnelServerLifecycle(TunnelServer server) : IHostedLifecycleService
{
    /// <summary>The server bounds this itself; a host that has less patience goes on without.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken) =>
        await server.StopAsync().WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
