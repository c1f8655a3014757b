using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using TunnelRpc.Gateway.Messages;
using TunnelRpc.Gateway.Polling;
using TunnelRpc.Gateway.Routing;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Gateway.Relaying;

/// <summary>Handles request URLs: GET fetches a request, POST carries its response. Thread-safe.</summary>
internal sealed class RelayPollEndpoint(RegistrationTable registrations, ReverseHttpRelayOptions options)
{
    private const string Unknown = "Expected the URL of a request that is not answered yet, got another one.";

    /// <summary>Handles a request.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        bool isPost = HttpMethods.IsPost(context.Request.Method);
        if (!isPost && !HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.Headers.Allow = "GET, POST";
            await GatewayRefusals.RespondAsync(context, 405, "Expected a GET or a POST.").ConfigureAwait(false);
            return;
        }

        if (registrations.Find((string)context.GetRouteValue("label")!) is not { } registration
            || registration.FindSlot((string)context.GetRouteValue("id")!) is not { } slot
            || !registration.Queue.Lease!.TryHold())
        {
            await GatewayRefusals.RespondAsync(context, 404, Unknown).ConfigureAwait(false);
            return;
        }

        try
        {
            await (isPost ? AnswerAsync(context, registration, slot) : PollAsync(context, registration, slot)).ConfigureAwait(false);
        }
        finally
        {
            registration.Queue.Lease.Release();
        }
    }

    private async Task PollAsync(HttpContext context, Registration registration, RelaySlot slot)
    {
        RequestQueue requests = registration.Queue.Requests;
        (QueuedRequest Request, string NextId)? delivered = registration.FindDelivered(slot);
        if (delivered is null)
        {
            if (await RequestPoll.WaitAsync(context, requests, options.PollTimeout).ConfigureAwait(false) is not { } poll)
            {
                return;
            }

            if (poll.Request is not { } queued)
            {
                await RespondWithoutRequestAsync(context, registration, slot, poll.Status).ConfigureAwait(false);
                return;
            }

            if (!registration.TryDeliver(slot, queued))
            {
                // Another poll of the same URL, whose connection may have broken, has got a request: it is that of the URL.
                requests.ReturnUndelivered(queued, nothingSent: true);
            }

            delivered = registration.FindDelivered(slot);
        }

        if (delivered is not { } delivery)
        {
            // The delivery to another poll of this URL has failed.
            await RespondWithoutRequestAsync(context, registration, slot, PollStatus.TimedOut).ConfigureAwait(false);
            return;
        }

        byte[] message;
        try
        {
            message = HttpMessageWriter.WriteRequest(delivery.Request.Request, delivery.Request.Body.Span);
        }
        catch (MalformedHttpException malformed)
        {
            requests.TryFail(delivery.Request, GatewayFailure.BadResponse, malformed.Message);
            await RespondWithoutRequestAsync(context, registration, slot, PollStatus.TimedOut).ConfigureAwait(false);
            return;
        }

        SetNext(context, registration, delivery.NextId);
        context.Response.ContentType = "message/http";
        context.Response.Headers["Requesting-Client"] = delivery.Request.Request.RemoteEndPoint?.ToString() ?? "0.0.0.0:0";
        if (!await RequestPoll.TryWriteAsync(context, message).ConfigureAwait(false))
        {
            registration.Reset(slot, delivery.Request);
            requests.ReturnUndelivered(delivery.Request);
        }
    }

    private async Task RespondWithoutRequestAsync(HttpContext context, Registration registration, RelaySlot slot, PollStatus status)
    {
        switch (status)
        {
            case PollStatus.TimedOut:
                // The original clients poll the same URL again, whatever the link says. So it is the next one.
                SetNext(context, registration, slot.Id);
                context.Response.StatusCode = StatusCodes.Status204NoContent;
                break;
            case PollStatus.TooMany:
                await GatewayRefusals.RespondTooManyPollsAsync(context, options).ConfigureAwait(false);
                break;
            default:
                await GatewayRefusals.RespondAsync(context, 410, "The registration has ended.").ConfigureAwait(false);
                break;
        }
    }

    private async Task AnswerAsync(HttpContext context, Registration registration, RelaySlot slot)
    {
        if (registration.FindDelivered(slot) is not { } delivered)
        {
            await GatewayRefusals.RespondAsync(context, 404, Unknown).ConfigureAwait(false);
            return;
        }

        RequestQueue requests = registration.Queue.Requests;
        QueuedRequest queued = delivered.Request;
        if (await BodyReader.ReadAsync(context, options.MaxPolledBodySize).ConfigureAwait(false) is not { } message)
        {
            string large = $"Expected a response of at most {options.MaxPolledBodySize} bytes (MaxPolledBodySize), got a larger one.";
            requests.TryFail(queued, GatewayFailure.BadResponse, large);
            await GatewayRefusals.RespondAsync(context, 413, large).ConfigureAwait(false);
            return;
        }

        try
        {
            HttpMessage response = HttpMessageReader.ReadResponse(message, queued.Request.Method);
            if (requests.TryAnswer(queued, BufferedGatewayResponse.Of(response, queued.Request.Method)))
            {
                context.Response.StatusCode = StatusCodes.Status202Accepted;
                return;
            }

            await GatewayRefusals.RespondAsync(context, 404, Unknown).ConfigureAwait(false);
        }
        catch (MalformedHttpException malformed)
        {
            requests.TryFail(queued, GatewayFailure.BadResponse, "The program behind the gateway did not answer with valid HTTP.");
            await GatewayRefusals.RespondAsync(context, 400, malformed.Message).ConfigureAwait(false);
        }
    }

    private static void SetNext(HttpContext context, Registration registration, string id)
        => RelayUrls.SetLinks(
            context,
            RelayUrls.Link(RelayUrls.GetPoll(RelayUrls.GetAccessPoint(context, segments: 3), registration.Label, id), "next"));
}
