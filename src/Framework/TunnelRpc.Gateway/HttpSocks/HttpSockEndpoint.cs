using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.AspNetCore.Http;
using TunnelRpc.Gateway.Client.HttpSocks;
using TunnelRpc.Logging;

namespace TunnelRpc.Gateway.HttpSocks;

// Decision: docs/adr/0097-httpsock-offsets.md
/// <summary>Handles the requests to an endpoint that MapHttpSock has mapped. Thread-safe.</summary>
/// <param name="store">The sessions of the endpoint.</param>
/// <param name="onConnection">The application's handler.</param>
/// <param name="options">The options, which are valid.</param>
/// <param name="logger">Receives failures of the application, and limits that are reached.</param>
internal sealed class HttpSockEndpoint(
    HttpSockSessionStore store,
    Func<HttpSockConnection, CancellationToken, Task> onConnection,
    HttpSockServerOptions options,
    GuardedLogger logger)
{
    // How long a client is to wait when a limit is reached, in seconds.
    private const string RetryAfter = "5";

    public async Task HandleAsync(HttpContext context)
    {
        MiddlewareOptOut.Apply(context);
        context.Response.Headers.CacheControl = "no-store";
        if (!IsAllowedOrigin(context.Request))
        {
            await RefuseAsync(
                context,
                StatusCodes.Status403Forbidden,
                "Expected a request without an Origin, or one of this server's own origin or of AllowedOrigins, got another Origin.")
                .ConfigureAwait(false);
            return;
        }

        if (!TryGetOwner(context, out HttpSockOwner? owner))
        {
            await RefuseAsync(
                context, StatusCodes.Status503ServiceUnavailable, "The server could not identify the user, and has logged the cause.")
                .ConfigureAwait(false);
            return;
        }

        if (store.IsStopping)
        {
            context.Response.Headers.RetryAfter = RetryAfter;
            await RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "The server shuts down.").ConfigureAwait(false);
            return;
        }

        string method = context.Request.Method;
        if (HttpMethods.IsPost(method))
        {
            await OpenAsync(context, owner!).ConfigureAwait(false);
        }
        else if (HttpMethods.IsGet(method) || HttpMethods.IsPut(method) || HttpMethods.IsDelete(method))
        {
            await HandleSessionAsync(context, owner!).ConfigureAwait(false);
        }
        else
        {
            context.Response.Headers.Allow = "POST, PUT, GET, DELETE";
            await RefuseAsync(
                context, StatusCodes.Status405MethodNotAllowed, "Expected POST, PUT, GET or DELETE, got another method.")
                .ConfigureAwait(false);
        }
    }

    /// <summary>Responds with an error.</summary>
    /// <param name="context">The request, whose response has not started.</param>
    /// <param name="status">The status.</param>
    /// <param name="message">One sentence, without secrets.</param>
    internal static Task RefuseAsync(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(message + "\n", context.RequestAborted);
    }

    private async Task OpenAsync(HttpContext context, HttpSockOwner owner)
    {
        IPEndPoint? remote = context.Connection.RemoteIpAddress is { } address
            ? new IPEndPoint(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, context.Connection.RemotePort)
            : null;
        var routeValues = new RouteValueDictionary(context.Request.RouteValues);
        System.Security.Claims.ClaimsPrincipal user = context.User;
        IServiceScopeFactory scopes = context.RequestServices.GetRequiredService<IServiceScopeFactory>();
        if (!store.TryCreate(owner, RunAsync, out string? id, out string? limit))
        {
            HttpSockLog.LimitReached(logger.ForPeer(remote?.ToString()), remote?.ToString(), limit);
            context.Response.Headers.RetryAfter = RetryAfter;
            int status = limit == nameof(HttpSockServerOptions.MaxSessions)
                ? StatusCodes.Status503ServiceUnavailable
                : StatusCodes.Status429TooManyRequests;
            await RefuseAsync(context, status, $"The limit {limit} of sessions is reached. Close sessions with DELETE, or retry later.")
                .ConfigureAwait(false);
            return;
        }

        context.Response.StatusCode = StatusCodes.Status201Created;
        context.Response.Headers[HttpSockFields.Session] = id;
        context.Response.Headers[HttpSockFields.Offset] = "0";
        context.Response.ContentLength = 0;

        Task RunAsync(HttpSockSession session) => session.RunAsync(
            async aborted =>
            {
                AsyncServiceScope scope = scopes.CreateAsyncScope();
                await using (scope.ConfigureAwait(false))
                {
                    var connection = new HttpSockConnection(session.Stream, user, remote, routeValues, scope.ServiceProvider);
                    await onConnection(connection, aborted).ConfigureAwait(false);
                }
            },
            logger.ForPeer(remote?.ToString()));
    }

    private async Task HandleSessionAsync(HttpContext context, HttpSockOwner owner)
    {
        if (context.Request.Headers[HttpSockFields.Session] is not [{ Length: > 0 } id])
        {
            await RefuseAsync(
                context, StatusCodes.Status400BadRequest, "Expected one field X-Session with the id from the response to POST.")
                .ConfigureAwait(false);
            return;
        }

        if (store.Find(id, owner) is not { } session)
        {
            await RefuseAsync(
                context,
                StatusCodes.Status404NotFound,
                "This X-Session is unknown here: it was closed, has expired, or belongs to another user or URL.").ConfigureAwait(false);
            return;
        }

        try
        {
            if (HttpMethods.IsDelete(context.Request.Method))
            {
                store.Remove(session);
                session.Close();
                context.Response.StatusCode = StatusCodes.Status204NoContent;
            }
            else if (session.Failure is { } failure)
            {
                await RefuseAsync(context, StatusCodes.Status410Gone, failure).ConfigureAwait(false);
            }
            else if (HttpMethods.IsPut(context.Request.Method))
            {
                await HttpSockUpload.HandleAsync(context, session, options).ConfigureAwait(false);
            }
            else
            {
                await HttpSockDownload.HandleAsync(context, session, options).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has closed the connection. It repeats the request, or the session expires.
        }
        finally
        {
            session.EndRequest();
        }
    }

    private bool TryGetOwner(HttpContext context, out HttpSockOwner? owner)
    {
        RemoteAddress? address = RemoteAddress.Parse(
            context.Connection.RemoteIpAddress is { } ip ? new IPEndPoint(ip, context.Connection.RemotePort).ToString() : null);
        owner = null;
        string? userId;
        try
        {
            userId = context.User.Identities.Any(i => i.IsAuthenticated) ? options.UserIdSelector(context.User) : null;
        }
        catch (Exception failed)
        {
            // Code of the application. It costs this request only.
            HttpSockLog.UserIdSelectorFailed(logger.ForPeer(address?.ToString()), failed, address?.ToString());
            return false;
        }

        owner = new HttpSockOwner(userId, context.Request.PathBase + context.Request.Path, address);
        return true;
    }

    /// <summary>A page of another site may send a POST with the cookies of the user.</summary>
    private bool IsAllowedOrigin(HttpRequest request)
    {
        string origin = request.Headers.Origin.ToString();
        return origin.Length == 0
            || string.Equals(origin, $"{request.Scheme}://{request.Host.Value}", StringComparison.OrdinalIgnoreCase)
            || options.AllowedOrigins.Contains(origin, StringComparer.OrdinalIgnoreCase);
    }
}
