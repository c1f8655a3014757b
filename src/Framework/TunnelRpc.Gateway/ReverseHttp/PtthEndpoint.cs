using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TunnelRpc.AspNetCore.Http;
using TunnelRpc.Gateway.Polling;
using TunnelRpc.Gateway.Routing;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Gateway.ReverseHttp;

// Decision: docs/adr/0109-last-bytes-before-a-close.md
/// <summary>Handles the requests to an endpoint that MapReverseHttpClaims has mapped. Thread-safe.</summary>
internal sealed class PtthEndpoint(GatewayRouter router, ReverseHttpClaimOptions options)
{
    private readonly ClaimedQueues _queues = new(router, "ptth", options, passesUpgrades: true);

    /// <summary>Handles a request.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        if (await ClaimRequest.FindNameAsync(context, "Expected a POST with an upgrade to PTTH/1.0.").ConfigureAwait(false)
            is not { } name)
        {
            return;
        }

        // Reads nothing of the request; it only makes the upgrade available as the transports have it.
        HttpContextExchange exchange = HttpContextExchange.Start(context, string.Empty);
        if (!exchange.CanUpgrade || FindToken(context) is not { } token)
        {
            await ExchangeRefusal.RespondUpgradeRequiredAsync(
                exchange,
                HttpHeaderValues.ReverseToken,
                "Expected an HTTP/1.1 request without a body, with \"Connection: Upgrade\" and \"Upgrade: PTTH/1.0\". For programs that "
                + "do not send Connection, call UseReverseHttpHeads at the server's endpoint.",
                context.RequestAborted).ConfigureAwait(false);
            return;
        }

        await ClaimRequest.HoldAsync(context, _queues, name, queue => AcceptAsync(context, exchange, token, queue.Requests))
            .ConfigureAwait(false);
    }

    private async Task AcceptAsync(HttpContext context, HttpContextExchange exchange, string token, RequestQueue requests)
    {
        if (requests.PendingPolls >= options.MaxPendingPolls)
        {
            await GatewayRefusals.RespondAsync(
                context, 503, $"Expected at most {options.MaxPendingPolls} idle connections of a name (MaxPendingPolls), got one more.")
                .ConfigureAwait(false);
            return;
        }

        if (await ExchangeUpgrade.AcceptUpgradeAsync(exchange, token, context.RequestAborted).ConfigureAwait(false) is { } stream)
        {
            await RunAsync(context, new PtthConnection(stream, requests, options.TimeProvider)).ConfigureAwait(false);
        }
    }

    private static async Task RunAsync(HttpContext context, PtthConnection connection)
    {
        // RequestAborted is not used: it is signalled as soon as the program has closed the connection, also before its last response was
        // read. Reads end the connection.
        CancellationToken stopping =
            context.RequestServices.GetService<IHostApplicationLifetime>()?.ApplicationStopping ?? CancellationToken.None;
        try
        {
            await connection.RunAsync(stopping).ConfigureAwait(false);
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            // The program has disconnected, or the server is shutting down. Both are normal ends of the connection.
        }
    }

    // The token as the program has written it, of the three that implementations use.
    private static string? FindToken(HttpContext context)
    {
        string upgrade = context.Request.Headers.Upgrade.ToString();
        return HttpHeaderValues.FindReverseToken(upgrade)
            ?? (upgrade.Split(',', StringSplitOptions.TrimEntries)
                .Contains(HttpHeaderValues.EarlyReverseToken, StringComparer.OrdinalIgnoreCase)
                ? HttpHeaderValues.EarlyReverseToken
                : null);
    }
}
