using Microsoft.Extensions.Hosting;

namespace TunnelRpc.Hosting;

/// <summary>
/// Validates the server before its host starts, and stops it before its host stops any other service, since the sessions need their
/// connections until they are drained.
/// </summary>
internal sealed class TunnelServerLifecycle(TunnelServer server) : IHostedLifecycleService
{
    /// <summary>
    /// Waits until the server has stopped, which <see cref="TunnelServerOptions.ShutdownTimeout"/> bounds. Returns earlier, without an
    /// exception, when the host's own shutdown timeout cancels <paramref name="cancellationToken"/>.
    /// </summary>
    public async Task StoppingAsync(CancellationToken cancellationToken) =>
        await server.StopAsync().WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>Validates the policies that the services require.</summary>
    /// <exception cref="InvalidOperationException">A named policy does not exist, or a policy selects authentication schemes.</exception>
    public Task StartingAsync(CancellationToken cancellationToken) => server.ValidateAuthorizationAsync();

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
