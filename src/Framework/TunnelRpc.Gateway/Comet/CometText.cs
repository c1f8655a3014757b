using Microsoft.AspNetCore.Http;
using TunnelRpc.Gateway.Messages;
using TunnelRpc.Gateway.Polling;
using TunnelRpc.Gateway.Routing;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Gateway.Comet;

/// <summary>
/// The variant of the Comet dialect as text: the request's own text in the response, the response's text in the next poll, and the id in
/// the field "message-id". Stateless.
/// </summary>
internal static class CometText
{
    private const string IdField = "message-id";
    private const string TextType = "text/plain";

    /// <summary>Whether the program wants text: it sends its answer as text/plain, or its Accept begins with it.</summary>
    public static bool IsText(HttpContext context, bool hasAnswer)
    {
        string? type = hasAnswer ? context.Request.ContentType : context.Request.Headers.Accept.ToString();
        return type?.StartsWith(TextType, StringComparison.OrdinalIgnoreCase) == true;
    }

    /// <summary>The id of the request that is answered.</summary>
    public static string GetId(HttpContext context) => context.Request.Headers[IdField].ToString();

    /// <summary>Answers a request. Returns the reason of a refusal, or null.</summary>
    public static string? TryAnswer(RequestQueue requests, HttpContext context, byte[] body, out int status)
    {
        const string Unknown = "Expected the message-id of a request that is not answered yet, got another one.";
        status = 404;
        if (requests.Find(GetId(context)) is not { } queued)
        {
            return Unknown;
        }

        try
        {
            HttpMessage response = HttpMessageReader.ReadResponse(body, queued.Request.Method);
            return requests.TryAnswer(queued, BufferedGatewayResponse.Of(response, queued.Request.Method)) ? null : Unknown;
        }
        catch (MalformedHttpException malformed)
        {
            status = 400;
            requests.TryFail(queued, GatewayFailure.BadResponse, "The program behind the gateway did not answer with valid HTTP.");
            return malformed.Message;
        }
    }

    /// <summary>Responds with a request, or with 204 when there is none.</summary>
    public static async Task RespondAsync(HttpContext context, RequestQueue requests, QueuedRequest? queued)
    {
        context.Response.Headers.CacheControl = "no-store";
        byte[] message = [];
        try
        {
            message = queued is null ? [] : HttpMessageWriter.WriteRequest(queued.Request, queued.Body.Span);
        }
        catch (MalformedHttpException malformed)
        {
            requests.TryFail(queued!, GatewayFailure.BadResponse, malformed.Message);
            queued = null;
        }

        if (queued is null)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        context.Response.ContentType = TextType;
        context.Response.Headers[IdField] = queued.Id;
        if (!await RequestPoll.TryWriteAsync(context, message).ConfigureAwait(false))
        {
            requests.ReturnUndelivered(queued);
        }
    }
}
