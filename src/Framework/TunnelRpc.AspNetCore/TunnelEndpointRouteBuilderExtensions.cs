using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TunnelRpc;
using TunnelRpc.AspNetCore;
using TunnelRpc.AspNetCore.Http;
using TunnelRpc.Transports;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the tunnel server to paths of an application.</summary>
public static class TunnelEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Serves tunnels at <paramref name="path"/> and below, over every transport. Conventions such as RequireAuthorization apply to every
    /// exchange. The server can be mapped to several paths; a session can be resumed only at the path at which it started. Request
    /// timeouts, output caching, response compression, status code pages and redirections to a sign-in page do not apply to the exchanges,
    /// whatever their settings are; a rate limiter does (docs/transports.md, "Middleware").
    /// </summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="path">The path, for instance "/tunnel". The address of the clients ends with it.</param>
    /// <param name="acceptors">
    /// The acceptors of the transports. Null for all transports of the package TunnelRpc.Transports. Default null.
    /// </param>
    /// <returns>A builder that adds conventions to the endpoint.</returns>
    /// <exception cref="InvalidOperationException">AddTunnelRpc was not called.</exception>
    public static IEndpointConventionBuilder MapTunnelRpc(
        this IEndpointRouteBuilder endpoints, string path, IReadOnlyList<ITransportAcceptor>? acceptors = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(path);
        TunnelServer server = endpoints.ServiceProvider.GetService<TunnelServer>()
            ?? throw new InvalidOperationException(
                "Expected the services of a tunnel server, found none. Call builder.Services.AddTunnelRpc() before MapTunnelRpc.");
        endpoints.ServiceProvider.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(() => _ = server.StopAsync());
        var endpoint = new TunnelRequestHandler(
            server,
            path.TrimEnd('/'),
            acceptors ?? HttpTransports.CreateAcceptors(server.Options.TimeProvider),
            endpoints.ServiceProvider.GetRequiredService<ILoggerFactory>().CreateLogger("TunnelRpc.AspNetCore"));
        string pattern = path.TrimEnd('/') + "/{**" + TunnelRequestHandler.SubPathParameter + "}";
        return TunnelEndpointMetadata.AddTo(endpoints.Map(pattern, endpoint.HandleAsync)).WithDisplayName($"TunnelRpc {path}");
    }
}
