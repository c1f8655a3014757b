using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.AspNetCore;
using TunnelRpc.Gateway.Client.Origins;
using TunnelRpc.Gateway.Routing;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the gateway to paths or hosts of an application.</summary>
public static class TunnelGatewayEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Forwards requests to the programs that have claimed names. The pattern says where the name is: at the end of a path, as in
    /// <c>"/apps/{name}"</c>, or at the start of a host, as in <c>"{name}.apps.example"</c>. Prefer hosts: the names of one host share an
    /// origin in browsers, and so cookies and storage. The first mapped pattern is that of the public addresses, unless
    /// <see cref="TunnelRpc.Gateway.TunnelGatewayOptions.PublicAddress"/> is set.
    /// </summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="pattern">The path or the host. A host may have a port, which then must match.</param>
    /// <param name="keepPath">
    /// Whether origins get the path as it came. False, the default, removes its part up to the name, which is then in X-Forwarded-Prefix.
    /// Has no effect for a host.
    /// </param>
    /// <returns>A builder that adds conventions to the endpoint, for instance authorization.</returns>
    /// <exception cref="ArgumentException">The pattern is not valid.</exception>
    /// <exception cref="InvalidOperationException">AddTunnelGateway was not called.</exception>
    public static IEndpointConventionBuilder MapTunnelGateway(this IEndpointRouteBuilder endpoints, string pattern, bool keepPath = false)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(pattern);
        GatewayPattern parsed = GatewayPattern.Parse(pattern);
        GatewayForwarder forwarder = endpoints.ServiceProvider.GetService<GatewayForwarder>()
            ?? throw new InvalidOperationException(
                "Expected the services of a gateway, found none. Call builder.Services.AddTunnelGateway() before MapTunnelGateway.");
        endpoints.ServiceProvider.GetRequiredService<GatewayAddresses>().Add(parsed);
        var endpoint = new GatewayEndpoint(forwarder, parsed, keepPath);
        IEndpointConventionBuilder mapped = endpoints.Map(parsed.Route, endpoint.HandleAsync)
            .WithMetadata(GatewayEndpointMetadata.Instance, new DisableRequestTimeoutAttribute())
            .WithDisplayName($"TunnelRpc gateway {pattern}");
        return parsed.HostFilter is { } host ? mapped.RequireHost(host) : mapped;
    }

    /// <summary>Serves the claims of names at a path of MapTunnelRpc that names its services.</summary>
    /// <param name="services">The services of the path.</param>
    /// <returns><paramref name="services"/>.</returns>
    public static TunnelPathServices AddTunnelGateway(this TunnelPathServices services)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.Add<IHttpGateway>();
    }
}
