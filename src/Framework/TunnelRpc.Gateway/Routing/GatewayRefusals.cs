using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace TunnelRpc.Gateway.Routing;

/// <summary>Responses of the gateway itself: a status and a line of text. Stateless.</summary>
internal static class GatewayRefusals
{
    /// <summary>Asks the client to wait before it tries again.</summary>
    public static void SetRetryAfter(HttpContext context, TimeSpan delay) =>
        context.Response.Headers.RetryAfter = ((long)delay.TotalSeconds).ToString(CultureInfo.InvariantCulture);

    /// <summary>Responds. Returns the text.</summary>
    public static async Task<string?> RespondAsync(HttpContext context, int status, string text)
    {
        byte[] body = Encoding.UTF8.GetBytes(text + "\n");
        HttpResponse response = context.Response;
        response.StatusCode = status;
        response.ContentType = "text/plain; charset=utf-8";
        response.ContentLength = body.Length;
        response.Headers.CacheControl = "no-store";
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
        }

        return text;
    }

    /// <summary>Responds to a claim that was refused: 503 for a limit, otherwise 403.</summary>
    public static Task<string?> RespondAsync(HttpContext context, GatewayRefusal refusal)
        => RespondAsync(context, refusal.Kind == GatewayRefusalKind.LimitReached ? 503 : 403, refusal.Message);

    /// <summary>Responds with 503 to a poll of a name that has as many polls as MaxPendingPolls allows.</summary>
    public static Task<string?> RespondTooManyPollsAsync(HttpContext context, GatewayPollingOptions options)
    {
        SetRetryAfter(context, options.PollTimeout);
        return RespondAsync(
            context, 503, $"Expected at most {options.MaxPendingPolls} polls of a name at a time (MaxPendingPolls), got one more.");
    }
}
