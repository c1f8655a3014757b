using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TunnelRpc.AspNetCore.Http;
using TunnelRpc.Gateway;
using TunnelRpc.Gateway.HttpSocks;
using TunnelRpc.Logging;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps endpoints of httpsock.</summary>
public static class HttpSockEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Accepts byte streams over plain HTTP requests at <paramref name="pattern"/> (httpsock, docs/gateway-httpsock.md): POST opens a
    /// session, PUT sends bytes to the application, GET fetches bytes from it, DELETE closes the session. Add RequireAuthorization as for
    /// any endpoint; a session belongs to the user, the endpoint and the path of its POST. Request timeouts, output caching, response
    /// compression and status code pages do not apply.
    /// </summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="pattern">The route pattern, for instance "/sock".</param>
    /// <param name="onConnection">
    /// Called for each session, concurrently for several sessions. The stream to the client ends when the returned task completes, and it
    /// breaks when that fails; the exception is logged. The token is cancelled when the session has expired or the server shuts down, not
    /// when the client has deleted the session: what it has sent can still be read.
    /// </param>
    /// <param name="configure">Sets the options; null for the defaults. Default null.</param>
    /// <returns>A builder that adds conventions to the endpoint.</returns>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static IEndpointConventionBuilder MapHttpSock(
        this IEndpointRouteBuilder endpoints,
        string pattern,
        Func<HttpSockConnection, CancellationToken, Task> onConnection,
        Action<HttpSockServerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(pattern);
        ArgumentNullException.ThrowIfNull(onConnection);
        var options = new HttpSockServerOptions();
        configure?.Invoke(options);
        options.Validate();
        IServiceProvider services = endpoints.ServiceProvider;
        var logger = new GuardedLogger(services.GetRequiredService<ILoggerFactory>().CreateLogger("TunnelRpc.Gateway"), limiter: null);
        var store = new HttpSockSessionStore(options);

        // Each handler ends by its own, and reports its failure itself.
        services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(() => _ = store.StopAsync());
        RequestDelegate handler = new HttpSockEndpoint(store, onConnection, options, logger).HandleAsync;
        return TunnelEndpointMetadata.AddTo(endpoints.Map(pattern, handler)).WithDisplayName($"httpsock {pattern}");
    }
}
