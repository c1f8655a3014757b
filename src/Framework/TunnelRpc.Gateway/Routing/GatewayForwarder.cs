using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TunnelRpc.Gateway.Inspection;

namespace TunnelRpc.Gateway.Routing;

/// <summary>Forwards requests of clients to origins, and their responses back. Thread-safe.</summary>
internal sealed class GatewayForwarder(
    GatewayRouter router, ExchangeLog inspection, IOptions<TunnelGatewayOptions> options, ILoggerFactory loggerFactory)
{
    private readonly ILogger _logger = loggerFactory.CreateLogger(GatewayLog.Category);
    private readonly TunnelGatewayOptions _options = options.Value;

    /// <summary>Answers one request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="name">The name as the client has sent it; any text.</param>
    /// <param name="target">The target for the origin.</param>
    /// <param name="prefix">The part of the path that is not in the target, escaped; empty for none.</param>
    public async Task ForwardAsync(HttpContext context, string name, string target, string prefix)
    {
        PrepareContext(context);
        string? protocol = GatewayRequestFactory.FindProtocol(context);
        using var deadline = new HeadDeadline(_options.HeadTimeout, _options.TimeProvider, context.RequestAborted);
        bool hasBody = protocol is null && HasBody(context.Request, context.Features);
        InspectedExchange? inspected = inspection.Begin();
        GatewayRequestBody? body = hasBody
            ? new GatewayRequestBody(context.Request.Body, _options.MaxRequestBodySize, deadline, inspected)
            : null;
        GatewayRequest request = GatewayRequestFactory.Create(context, name, target, prefix, protocol, body);
        inspected?.Start(request);
        string? error = null;
        try
        {
            error = await ForwardAsync(context, request, deadline, inspected).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            error = failure.Message;
            throw;
        }
        finally
        {
            bool isAnswered = context.Response.HasStarted || !context.RequestAborted.IsCancellationRequested;
            inspected?.End(isAnswered ? context.Response.StatusCode : null, error);
        }
    }

    /// <summary>Returns why there was no whole response; null if there was.</summary>
    private async Task<string?> ForwardAsync(
        HttpContext context, GatewayRequest request, HeadDeadline deadline, InspectedExchange? inspected)
    {
        if (request.Protocol is null && HttpMethods.IsConnect(request.Method))
        {
            return await GatewayRefusals.RespondAsync(
                context, StatusCodes.Status405MethodNotAllowed, "Expected a method other than CONNECT.").ConfigureAwait(false);
        }

        if (request.ContentLength > _options.MaxRequestBodySize)
        {
            return await GatewayRefusals.RespondAsync(
                context,
                StatusCodes.Status413PayloadTooLarge,
                $"Expected a body of at most {_options.MaxRequestBodySize} bytes, got {request.ContentLength} bytes.")
                .ConfigureAwait(false);
        }

        List<GatewayClaim>? tried = null;
        GatewayOriginException? failure = null;
        while (true)
        {
            GatewayRouteFailure refused = router.TryRoute(request.Name, tried, out GatewayPermit permit);
            if (refused != GatewayRouteFailure.None)
            {
                // Without a further origin, the failure of the last one is the answer.
                return failure is null || refused != GatewayRouteFailure.NoOrigin
                    ? await RefuseAsync(context, request.Name, refused).ConfigureAwait(false)
                    : await FailAsync(context, failure).ConfigureAwait(false);
            }

            using (permit)
            {
                GatewayClaim claim = permit.Claim;
                inspected?.OnRouted(claim.Origin!.Dialect);
                try
                {
                    GatewayResponse response = await claim.Origin!.SendAsync(request, deadline.Token).ConfigureAwait(false);
                    await using (response.ConfigureAwait(false))
                    {
                        deadline.Stop();
                        if (GatewayResponseWriter.IsTunnel(request, response))
                        {
                            deadline.IgnoreClient();
                        }

                        return await GatewayResponseWriter.WriteAsync(
                            context, request, response, _options.MaxResponseHeadSize, inspected, _options.TimeProvider, deadline.Token)
                            .ConfigureAwait(false);
                    }
                }
                catch (GatewayOriginException error)
                {
                    GatewayLog.OriginFailed(_logger, request.Name, claim.Origin!.Dialect, error.Message);
                    if (!CanRetry(request, error) || context.Response.HasStarted || deadline.Token.IsCancellationRequested)
                    {
                        return await FailAsync(context, error).ConfigureAwait(false);
                    }

                    failure = error;
                    (tried ??= []).Add(claim);
                }
                catch (BadHttpRequestException error)
                {
                    // The client's body is not HTTP, or the client was too slow.
                    return await AbortOrRespondAsync(context, error.StatusCode, "The body of the request is not valid.")
                        .ConfigureAwait(false);
                }
                catch (OperationCanceledException) when (deadline.IsExpired && !context.RequestAborted.IsCancellationRequested)
                {
                    return await AbortOrRespondAsync(
                        context,
                        StatusCodes.Status504GatewayTimeout,
                        $"Expected a response of \"{request.Name}\" within {_options.HeadTimeout.TotalSeconds} s, got none. Retry later.")
                        .ConfigureAwait(false);
                }
                catch (Exception error) when (context.RequestAborted.IsCancellationRequested
                    || error is IOException or OperationCanceledException)
                {
                    // The client has left, or the origin has broken off its body: the client must not take the response for a whole one.
                    context.Abort();
                    return context.RequestAborted.IsCancellationRequested ? "The client has left." : error.Message;
                }
            }
        }
    }

    /// <summary>
    /// Another origin gets a request without a body if this one has not processed it, or if processing it twice has the same effect
    /// (RFC 9110, 9.2.2).
    /// </summary>
    private static bool CanRetry(GatewayRequest request, GatewayOriginException error) =>
        request.Body is null
        && (error.Failure == GatewayFailure.Unreachable
            || (error.Failure == GatewayFailure.BadResponse && request.Protocol is null && IsIdempotent(request.Method)));

    private static bool IsIdempotent(string method) =>
        HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method) || HttpMethods.IsTrace(method)
        || HttpMethods.IsPut(method) || HttpMethods.IsDelete(method);

    private static bool HasBody(HttpRequest request, IFeatureCollection features) =>
        request.ContentLength is null or > 0
        && (features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? request.ContentLength > 0);

    /// <summary>Bodies are streamed at the speed of both sides, with the limits of the gateway in place of the server's.</summary>
    private static void PrepareContext(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }

        // The setter works with every HTTP version. With HTTP/2 the getter throws.
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
    }

    private Task<string?> RefuseAsync(HttpContext context, string name, GatewayRouteFailure refused)
    {
        switch (refused)
        {
            case GatewayRouteFailure.UnknownName:
                return GatewayRefusals.RespondAsync(
                    context, StatusCodes.Status404NotFound, "Expected a name that a program has claimed, got another. Check the address.");
            case GatewayRouteFailure.NoOrigin:
                GatewayRefusals.SetRetryAfter(context, _options.RetryDelay);
                return GatewayRefusals.RespondAsync(
                    context,
                    StatusCodes.Status503ServiceUnavailable,
                    "The program that answers for this name is not connected. Retry later.");
            default:
                string limit = refused == GatewayRouteFailure.NameLimit
                    ? nameof(TunnelGatewayOptions.MaxRequestsPerName)
                    : nameof(TunnelGatewayOptions.MaxTotalRequests);
                GatewayLog.LimitReached(_logger, refused == GatewayRouteFailure.NameLimit ? name : "(all)", limit);
                GatewayRefusals.SetRetryAfter(context, _options.RetryDelay);
                return GatewayRefusals.RespondAsync(
                    context,
                    StatusCodes.Status503ServiceUnavailable,
                    $"Too many requests are in progress (limit {limit}). Retry later.");
        }
    }

    private Task<string?> FailAsync(HttpContext context, GatewayOriginException error)
    {
        (int status, string text) = error.Failure switch
        {
            GatewayFailure.Unreachable =>
                (StatusCodes.Status503ServiceUnavailable, "The program that answers for this name does not accept requests. Retry later."),
            GatewayFailure.Timeout =>
                (StatusCodes.Status504GatewayTimeout, "The program that answers for this name did not respond in time. Retry later."),
            GatewayFailure.BodyTooLarge => (StatusCodes.Status413PayloadTooLarge, error.Message),
            _ => (StatusCodes.Status502BadGateway, "Expected an HTTP response of the program that answers for this name, got none."),
        };
        if (status == StatusCodes.Status503ServiceUnavailable && !context.Response.HasStarted)
        {
            GatewayRefusals.SetRetryAfter(context, _options.RetryDelay);
        }

        return AbortOrRespondAsync(context, status, text);
    }

    private static async Task<string?> AbortOrRespondAsync(HttpContext context, int status, string text)
    {
        if (!context.Response.HasStarted)
        {
            return await GatewayRefusals.RespondAsync(context, status, text).ConfigureAwait(false);
        }

        context.Abort();
        return text;
    }
}
