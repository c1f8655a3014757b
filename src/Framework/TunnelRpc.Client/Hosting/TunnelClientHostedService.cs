using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using TunnelRpc.Client.Negotiation;

namespace TunnelRpc.Client.Hosting;

/// <summary>
/// Keeps the client connected while the application runs, so that the server can call it without having been called. Tries
/// again with a delay that doubles from one second to thirty.
/// </summary>
internal sealed class TunnelClientHostedService(TunnelClient client, IOptions<TunnelClientOptions> options) : BackgroundService
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastDelay = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        TimeSpan delay = FirstDelay;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await client.ConnectAsync(stoppingToken).ConfigureAwait(false);
                delay = FirstDelay;
                await client.SessionCompletion.WaitAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (TunnelConnectException)
            {
                // Logged by the client, with its report.
            }
            catch (Exception ended) when (ended is OperationCanceledException or ObjectDisposedException)
            {
                // The application stops, or has disposed its client: nothing is left to keep connected.
                return;
            }

            await Task.Delay(delay, options.Value.TimeProvider, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            delay = delay * 2 < LastDelay ? delay * 2 : LastDelay;
        }
    }
}
