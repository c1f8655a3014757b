using System.Text.Json;
using Microsoft.AspNetCore.Http;
using TunnelRpc.Gateway.Messages;
using TunnelRpc.Gateway.Polling;
using TunnelRpc.Gateway.Routing;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Gateway.Comet;

/// <summary>Handles the requests to an endpoint that MapCometQueue has mapped. Thread-safe.</summary>
internal sealed class CometEndpoint(GatewayRouter router, CometQueueOptions options)
{
    private readonly ClaimedQueues _queues = new(router, "comet", options);

    public async Task HandleAsync(HttpContext context)
    {
        if (await ClaimRequest.FindNameAsync(context, "Expected a POST, with or without an answer.").ConfigureAwait(false) is not { } name)
        {
            return;
        }

        (byte[] body, bool isWhole) = await BodyReader.ReadStartAsync(context, options.MaxPolledBodySize).ConfigureAwait(false);
        await ClaimRequest.HoldAsync(
            context,
            _queues,
            name,
            queue => isWhole ? HandleAsync(context, queue.Requests, body) : RefuseLargeAsync(context, queue.Requests, body))
            .ConfigureAwait(false);
    }

    private async Task HandleAsync(HttpContext context, RequestQueue requests, byte[] body)
    {
        bool isText = CometText.IsText(context, hasAnswer: body.Length > 0);
        int status = 400;
        string? error = body.Length == 0 ? null
            : isText ? CometText.TryAnswer(requests, context, body, out status)
            : TryAnswer(requests, body, out status);
        if (error is not null)
        {
            await GatewayRefusals.RespondAsync(context, status, error).ConfigureAwait(false);
            return;
        }

        await PollAsync(context, requests, isText).ConfigureAwait(false);
    }

    /// <summary>Fails the request of an answer that is too large, if the id is in the part that was read.</summary>
    private Task<string?> RefuseLargeAsync(HttpContext context, RequestQueue requests, byte[] start)
    {
        string text = $"Expected an answer of at most {options.MaxPolledBodySize} bytes (MaxPolledBodySize), got a larger one.";
        string? id = CometText.IsText(context, hasAnswer: true) ? CometText.GetId(context) : CometMessage.FindIdAtStart(start);
        if (requests.Find(id) is { } queued)
        {
            requests.TryFail(queued, GatewayFailure.BadResponse, text);
        }

        return GatewayRefusals.RespondAsync(context, StatusCodes.Status413PayloadTooLarge, text);
    }

    // Returns the reason of a refusal, or null.
    private static string? TryAnswer(RequestQueue requests, byte[] body, out int status)
    {
        status = 400;
        JsonDocument document;
        try
        {
            document = CometMessage.Parse(body);
        }
        catch (JsonException)
        {
            return "Expected the JSON of an answer, got other text.";
        }

        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return "Expected a JSON object, got another value.";
            }

            if (CometMessage.FindId(document.RootElement) is not { } id)
            {
                // "{}" is a poll without an answer.
                return document.RootElement.EnumerateObject().Any() ? "Expected a \"message-id\" in the answer, got none." : null;
            }

            status = 404;
            const string Unknown = "Expected the message-id of a request that is not answered yet, got another one.";
            if (requests.Find(id) is not { } queued)
            {
                return Unknown;
            }

            try
            {
                return requests.TryAnswer(queued, CometMessage.ReadResponse(document.RootElement, queued.Request.Method)) ? null : Unknown;
            }
            catch (MalformedHttpException malformed)
            {
                status = 400;
                requests.TryFail(queued, GatewayFailure.BadResponse, "The program behind the gateway did not answer with valid HTTP.");
                return malformed.Message;
            }
        }
    }

    private async Task PollAsync(HttpContext context, RequestQueue requests, bool isText)
    {
        if (await RequestPoll.WaitAsync(context, requests, options.PollTimeout).ConfigureAwait(false) is not { } poll)
        {
            return;
        }

        if (poll.Status == PollStatus.TooMany)
        {
            await GatewayRefusals.RespondTooManyPollsAsync(context, options).ConfigureAwait(false);
            return;
        }

        if (isText)
        {
            await CometText.RespondAsync(context, requests, poll.Request).ConfigureAwait(false);
            return;
        }

        byte[] json = poll.Request is { } queued ? CometMessage.WriteRequest(queued) : [.. "{}"u8];
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        if (!await RequestPoll.TryWriteAsync(context, json).ConfigureAwait(false) && poll.Request is { } undelivered)
        {
            requests.ReturnUndelivered(undelivered);
        }
    }
}
