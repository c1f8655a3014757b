using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using TunnelRpc.Gateway.Client.Origins;
using TunnelRpc.Gateway.Routing;

namespace TunnelRpc.Gateway.Polling;

/// <summary>
/// What the requests by which programs claim a name have in common, in all dialects whose URL has the name: they are a POST of a program,
/// or of a page that may send it, and hold the queue of the name while they run. Stateless.
/// </summary>
internal static class ClaimRequest
{
    /// <summary>
    /// Returns the name of a request. Responds with 405, 403 or 404, and returns null, when the request is not a POST, comes from a page of
    /// another site, or has no valid name.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="expected">What the dialect expects, for the response 405: one sentence.</param>
    public static async ValueTask<string?> FindNameAsync(HttpContext context, string expected)
    {
        string name = context.GetRouteValue("name") as string ?? string.Empty;
        (int Status, string Text)? refused = null;
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.Headers.Allow = "POST";
            refused = (405, expected);
        }
        else if (await CrossOrigin.IsRefusedAsync(context).ConfigureAwait(false))
        {
            refused = (403, "Expected a request of this site or of a program, got one of another site.");
        }
        else if (!GatewayName.IsValid(name))
        {
            refused = (404, GatewayName.Describe(name));
        }

        if (refused is not { } refusal)
        {
            return name;
        }

        await GatewayRefusals.RespondAsync(context, refusal.Status, refusal.Text).ConfigureAwait(false);
        return null;
    }

    /// <summary>
    /// Claims a name for the owner of a request, or finds its queue, and holds the queue's lease while <paramref name="handle"/> runs.
    /// Responds with 403 or 503 when the name is not the owner's.
    /// </summary>
    public static async Task HoldAsync(HttpContext context, ClaimedQueues queues, string name, Func<ClaimedQueue, Task> handle)
    {
        GatewayOwner owner = PollerIdentity.GetOwner(context, queues.Dialect, name);
        if (!queues.TryHold(
            name, owner, PollerIdentity.GetRemoteEndPoint(context), out ClaimedQueue? queue, out GatewayRefusal? refusal))
        {
            await GatewayRefusals.RespondAsync(context, refusal).ConfigureAwait(false);
            return;
        }

        try
        {
            await handle(queue).ConfigureAwait(false);
        }
        finally
        {
            queue.Lease!.Release();
        }
    }
}
