using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using TunnelRpc.Gateway.Messages;
using TunnelRpc.Gateway.Polling;
using TunnelRpc.Gateway.Routing;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Gateway.RawHttp;

/// <summary>Handles the requests to an endpoint that MapRawHttpQueue has mapped. Thread-safe.</summary>
internal sealed class RawHttpEndpoint(GatewayRouter router, RawHttpQueueOptions options)
{
    private const string SessionField = "X-Session";

    private readonly ClaimedQueues _queues = new(router, "raw", options);

    // The sessions of each claim of a name. They are collected with it.
    private readonly ConditionalWeakTable<ClaimedQueue, RawHttpSessions> _sessions = new();

    /// <summary>Handles a request.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (await ClaimRequest.FindNameAsync(context, "Expected a POST, with or without a response.").ConfigureAwait(false)
            is not { } name)
        {
            return;
        }

        TimeSpan timeout = options.PollTimeout;
        if (context.Request.Headers["X-Timeout"].ToString() is { Length: > 0 } text)
        {
            if (PollDuration.Parse(text) is not { } asked)
            {
                await GatewayRefusals.RespondAsync(context, 400, "Expected an X-Timeout such as \"1m0s\", got another text.")
                    .ConfigureAwait(false);
                return;
            }

            timeout = asked < options.MaxPollTimeout ? asked : options.MaxPollTimeout;
        }

        byte[]? body = await BodyReader.ReadAsync(context, options.MaxPolledBodySize).ConfigureAwait(false);
        await ClaimRequest.HoldAsync(context, _queues, name, queue => HandleAsync(context, queue, body, timeout)).ConfigureAwait(false);
    }

    private async Task HandleAsync(HttpContext context, ClaimedQueue queue, byte[]? body, TimeSpan timeout)
    {
        RawHttpSessions sessions = _sessions.GetValue(queue, _ => new RawHttpSessions(options.MaxPendingPolls));
        string id = context.Request.Headers[SessionField].ToString();
        RawHttpSession? session = id.Length > 0 ? sessions.Find(id) : body is { Length: 0 } ? sessions.Start() : null;
        if (body is null)
        {
            await RefuseLargeAsync(context, queue.Requests, sessions, session).ConfigureAwait(false);
            return;
        }

        if (session is null)
        {
            (int status, string text) = id.Length > 0
                ? (410, "The session has ended. Poll without X-Session to start another one.")
                : body.Length > 0
                ? (400, "Expected the X-Session of the request that is answered, got none.")
                : (503, $"Expected at most {options.MaxPendingPolls} programs of one name (MaxPendingPolls), got one more.");
            await GatewayRefusals.RespondAsync(context, status, text).ConfigureAwait(false);
            return;
        }

        context.Response.Headers[SessionField] = session.Id;
        if (body.Length > 0 && TryAnswer(queue.Requests, sessions, session, body) is { } refused)
        {
            await GatewayRefusals.RespondAsync(context, refused.Status, refused.Text).ConfigureAwait(false);
            return;
        }

        await PollAsync(context, queue.Requests, sessions, session, timeout).ConfigureAwait(false);
    }

    /// <summary>Fails the request of a response that is too large.</summary>
    private Task<string?> RefuseLargeAsync(HttpContext context, RequestQueue requests, RawHttpSessions sessions, RawHttpSession? session)
    {
        string text = $"Expected a response of at most {options.MaxPolledBodySize} bytes (MaxPolledBodySize), got a larger one.";
        if (session is not null && sessions.FindRequest(session) is { } queued)
        {
            sessions.Remove(session, queued);
            requests.TryFail(queued, GatewayFailure.BadResponse, text);
        }

        return GatewayRefusals.RespondAsync(context, StatusCodes.Status413PayloadTooLarge, text);
    }

    // Returns the reason of a refusal, or null.
    private static (int Status, string Text)? TryAnswer(
        RequestQueue requests, RawHttpSessions sessions, RawHttpSession session, byte[] body)
    {
        const string Unknown = "Expected the response to a request that waits for one, but the session has none.";
        if (sessions.FindRequest(session) is not { } queued)
        {
            return (404, Unknown);
        }

        sessions.Remove(session, queued);
        try
        {
            HttpMessage response = HttpMessageReader.ReadResponse(body, queued.Request.Method);
            return requests.TryAnswer(queued, BufferedGatewayResponse.Of(response, queued.Request.Method)) ? null : (404, Unknown);
        }
        catch (MalformedHttpException malformed)
        {
            requests.TryFail(queued, GatewayFailure.BadResponse, "The program behind the gateway did not answer with valid HTTP.");
            return (400, malformed.Message);
        }
    }

    private async Task PollAsync(
        HttpContext context, RequestQueue requests, RawHttpSessions sessions, RawHttpSession session, TimeSpan timeout)
    {
        if (!sessions.TryBeginPoll(session))
        {
            await GatewayRefusals.RespondAsync(context, 409, "Expected one poll of a session at a time, got another one.")
                .ConfigureAwait(false);
            return;
        }

        // A program whose poll was answered, but did not get the answer, polls again: it gets the same request.
        QueuedRequest? queued = sessions.FindRequest(session);
        PollStatus status = PollStatus.Delivered;
        try
        {
            if (queued is null)
            {
                if (await RequestPoll.WaitAsync(context, requests, timeout).ConfigureAwait(false) is not { } poll)
                {
                    return;
                }

                queued = poll.Request;
                status = poll.Status;
            }
        }
        finally
        {
            sessions.EndPoll(session, queued);
        }

        if (queued is null)
        {
            await RespondWithoutRequestAsync(context, status).ConfigureAwait(false);
            return;
        }

        byte[] message;
        try
        {
            message = HttpMessageWriter.WriteRequest(queued.Request, queued.Body.Span);
        }
        catch (MalformedHttpException malformed)
        {
            requests.TryFail(queued, GatewayFailure.BadResponse, malformed.Message);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        context.Response.ContentType = "application/x-http-request";
        if (!await RequestPoll.TryWriteAsync(context, message).ConfigureAwait(false))
        {
            sessions.Remove(session, queued);
            requests.ReturnUndelivered(queued);
        }
    }

    private async Task RespondWithoutRequestAsync(HttpContext context, PollStatus status)
    {
        switch (status)
        {
            case PollStatus.TimedOut:
                context.Response.StatusCode = StatusCodes.Status204NoContent;
                break;
            case PollStatus.TooMany:
                await GatewayRefusals.RespondTooManyPollsAsync(context, options).ConfigureAwait(false);
                break;
            default:
                await GatewayRefusals.RespondAsync(context, 410, "The claim of the name has ended.").ConfigureAwait(false);
                break;
        }
    }
}
