using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TunnelRpc;
using TunnelRpc.AspNetCore;
using TunnelRpc.AspNetCore.Connections;
using TunnelRpc.AspNetCore.Http;
using TunnelRpc.Logging;
using TunnelRpc.Transports;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the tunnel server to paths of an application.</summary>
public static class TunnelEndpointRouteBuilderExtensions
{
    /// <summary>Below this number of file descriptors, the log recommends a limit of connections.</summary>
    private const int FewDescriptors = 4_096;

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
        this IEndpointRouteBuilder endpoints, string path, IReadOnlyList<ITransportAcceptor>? acceptors = null) =>
        Map(endpoints, path, services: null, acceptors);

    /// <summary>
    /// Serves tunnels at <paramref name="path"/> with some of the server's services only. A call of another service fails there with
    /// <see cref="TunnelStatus.Unimplemented"/>, as if the server did not have it.
    /// </summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="path">The path, for instance "/admin".</param>
    /// <param name="services">Names the services. Those that are not named are not served at this path.</param>
    /// <param name="acceptors">
    /// The acceptors of the transports. Null for all transports of the package TunnelRpc.Transports. Default null.
    /// </param>
    /// <returns>A builder that adds conventions to the endpoint.</returns>
    /// <exception cref="InvalidOperationException">
    /// AddTunnelRpc was not called, or did not add one of the services.
    /// </exception>
    public static IEndpointConventionBuilder MapTunnelRpc(
        this IEndpointRouteBuilder endpoints,
        string path,
        Action<TunnelPathServices> services,
        IReadOnlyList<ITransportAcceptor>? acceptors = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var selected = new TunnelPathServices();
        services(selected);
        return Map(endpoints, path, selected.Names, acceptors);
    }

    private static IEndpointConventionBuilder Map(
        IEndpointRouteBuilder endpoints, string path, IReadOnlySet<string>? services, IReadOnlyList<ITransportAcceptor>? acceptors)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(path);
        TunnelServer server = endpoints.ServiceProvider.GetService<TunnelServer>()
            ?? throw new InvalidOperationException(
                "Expected the services of a tunnel server, found none. Call builder.Services.AddTunnelRpc() before MapTunnelRpc.");
        endpoints.ServiceProvider.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(() => _ = server.StopAsync());
        string prefix = path.TrimEnd('/');
        if (services is not null)
        {
            server.RestrictServices(prefix, services);
        }

        GuardedLogger logger = server.GuardLogger(
            endpoints.ServiceProvider.GetRequiredService<ILoggerFactory>().CreateLogger("TunnelRpc.AspNetCore"));
        WarnOfFewDescriptors(endpoints.ServiceProvider, logger);
        var endpoint = new TunnelRequestHandler(
            server, prefix, acceptors ?? HttpTransports.CreateAcceptors(server.Options.TimeProvider), logger);
        string pattern = prefix + "/{**" + TunnelRequestHandler.SubPathParameter + "}";
        IEndpointConventionBuilder mapped =
            TunnelEndpointMetadata.AddTo(endpoints.Map(pattern, endpoint.HandleAsync)).WithDisplayName($"TunnelRpc {path}");

        // The application may build its endpoints several times.
        int isChecked = 0;
        mapped.Finally(built =>
        {
            if (Interlocked.Exchange(ref isChecked, 1) == 0)
            {
                WarnOfClosedMethods(built, server, prefix, logger);
            }
        });
        return mapped;
    }

    private static void WarnOfFewDescriptors(IServiceProvider services, ILogger logger)
    {
        if (services.GetService<ConnectionSlots>() is null && DescriptorLimit.Read() is < FewDescriptors and { } limit)
        {
            RequestLog.FewDescriptors(logger, limit);
        }
    }

    /// <summary>[AllowAnonymous] of a method has no effect where the path itself requires authorization.</summary>
    private static void WarnOfClosedMethods(EndpointBuilder endpoint, TunnelServer server, string path, ILogger logger)
    {
        bool requiresAuthorization = endpoint.Metadata.Any(m => m is IAuthorizeData or AuthorizationPolicy)
            && !endpoint.Metadata.Any(m => m is IAllowAnonymous);
        if (requiresAuthorization && server.GetAnonymousMethods(path) is { Count: > 0 } methods)
        {
            RequestLog.AnonymousMethodsClosed(logger, path, string.Join(", ", methods));
        }
    }
}
