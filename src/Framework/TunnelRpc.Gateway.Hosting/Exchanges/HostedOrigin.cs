using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.ObjectPool;
using TunnelRpc.Gateway.Client.Origins;

namespace TunnelRpc.Gateway.Hosting.Exchanges;

/// <summary>Answers the requests of a gateway with an ASP.NET Core application. Thread-safe.</summary>
/// <param name="application">The application.</param>
/// <param name="names">The names that the application serves.</param>
/// <param name="maxRequestBodySize">The default limit of request bodies in bytes; null for none.</param>
/// <param name="requests">Counts the requests.</param>
/// <param name="logger">Receives failures of the application.</param>
internal sealed class HostedOrigin<TContext>(
    IHttpApplication<TContext> application,
    IReadOnlyCollection<string> names,
    long? maxRequestBodySize,
    RunningRequests requests,
    ILogger logger) : IHttpOrigin
    where TContext : notnull
{
    private readonly DefaultObjectPool<RequestFeatures<TContext>> _features = new(new FeaturesPolicy());

    /// <summary>
    /// Starts the application for a request. Returns when it first waits; what it has written by then is sent with the head in one frame.
    /// </summary>
    public IAsyncEnumerable<HttpOriginPart> SendAsync(
        HttpOriginRequest request, IAsyncEnumerable<HttpOriginPart> body, CancellationToken cancellationToken)
    {
        if (!names.Contains(request.Name))
        {
            throw new TunnelException(TunnelStatus.NotFound, $"This client serves {string.Join(", ", names)}, got '{request.Name}'.");
        }

        if (!RequestTarget.TryParse(request.Target, out string? path, out string query)
            || !HeaderFields.TryRead(request.Fields, out HeaderDictionary? headers))
        {
            HostingLog.BadRequest(logger, request.Method, request.Name, "The target or a field of the request is not valid HTTP.");
            return BadRequestAsync();
        }

        if (request.Protocol is not null && !HttpMethods.IsConnect(request.Method))
        {
            // The gateway has removed what concerns its own connection; applications look for it.
            ((IHeaderDictionary)headers).Connection = "Upgrade";
            ((IHeaderDictionary)headers).Upgrade = request.Protocol;
        }

        if (!requests.TryStart())
        {
            throw new TunnelException(TunnelStatus.Unavailable, "The application is stopping and accepts no more requests.");
        }

        var exchange = new HttpExchange(
            request,
            headers,
            path,
            query,
            body,
            TunnelCallContext.Current?.SessionId ?? "",
            maxRequestBodySize,
            logger);
        CancellationTokenRegistration cancellation = cancellationToken.UnsafeRegister(
            static state => ((HttpExchange)state!).Abort(
                new TunnelException(TunnelStatus.Cancelled, "The caller has cancelled the request, or the session has ended.")),
            exchange);
        exchange.Completion = RunAsync(exchange);
        return new ResponseParts(exchange, cancellation, requests);
    }

    /// <summary>Runs the application for one request. Throws nothing.</summary>
    private async Task RunAsync(HttpExchange exchange)
    {
        RequestFeatures<TContext> features = _features.Get();
        try
        {
            exchange.AddFeaturesTo(features);
            TContext context = application.CreateContext(features);
            await RunAsync(exchange, context).ConfigureAwait(false);
            application.DisposeContext(context, exchange.ApplicationException);
            features.Clear();
            _features.Return(features);
        }
        catch (Exception error)
        {
            // The host failed, not the application: the features may be in use, so they are not used again.
            HostingLog.HostFailed(logger, error, exchange.Method, exchange.Name);
        }
        finally
        {
            exchange.OnApplicationEnded();
            exchange.Abort(new TunnelException(TunnelStatus.Internal, "The request ended without a response."));
            try
            {
                await exchange.ReleaseApplicationSide().ConfigureAwait(false);
            }
            finally
            {
                requests.OnSideEnded();
            }
        }
    }

    private async ValueTask RunAsync(HttpExchange exchange, TContext context)
    {
        try
        {
            await application.ProcessRequestAsync(context).ConfigureAwait(false);
            exchange.OnApplicationEnded();
            await exchange.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            exchange.OnApplicationFailed(error);
        }

        exchange.CompleteAfterApplication();
        await exchange.RunOnCompletedAsync().ConfigureAwait(false);
    }

    private static async IAsyncEnumerable<HttpOriginPart> BadRequestAsync()
    {
        yield return new HttpOriginPart
        {
            Head = new HttpOriginResponse { Status = StatusCodes.Status400BadRequest, Fields = [new HttpField("Content-Length", "0")] },
        };
        await Task.CompletedTask.ConfigureAwait(false);
    }

    private sealed class FeaturesPolicy : PooledObjectPolicy<RequestFeatures<TContext>>
    {
        public override RequestFeatures<TContext> Create() => new();

        public override bool Return(RequestFeatures<TContext> obj) => true;
    }
}
