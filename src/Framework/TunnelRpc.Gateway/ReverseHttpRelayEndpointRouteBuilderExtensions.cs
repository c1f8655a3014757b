using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Gateway;
using TunnelRpc.Gateway.Relaying;
using TunnelRpc.Gateway.Routing;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps a relay at which programs register names, and fetch requests as message/http.</summary>
public static class ReverseHttpRelayEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Lets programs register names with a token, fetch the requests for them by GET, and answer by POST, as the ReverseHttp specification
    /// of 2009 has it. A name belongs to its token; the policy of AddTunnelGateway gets the authenticated user, where there is one. Each
    /// token is an owner of its own, so MaxNamesPerRemoteAddress is the limit for programs without authentication. RelayHttp, by which
    /// programs send requests to other hosts, is off unless RelayTargets lists hosts.
    /// </summary>
    /// <param name="endpoints">The application. AddTunnelGateway and MapTunnelGateway must have been called.</param>
    /// <param name="pattern">The path of the relay. Private URLs and request URLs are below it.</param>
    /// <param name="configure">Configures the limits.</param>
    /// <returns>A builder that adds conventions to all endpoints of the relay, for instance RequireCors.</returns>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="InvalidOperationException">AddTunnelGateway or MapTunnelGateway was not called.</exception>
    public static IEndpointConventionBuilder MapReverseHttpRelay(
        this IEndpointRouteBuilder endpoints, string pattern = "/reversehttp", Action<ReverseHttpRelayOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(pattern);
        ReverseHttpRelayOptions options = new();
        configure?.Invoke(options);
        options.Validate();
        GatewayRouter? router = endpoints.ServiceProvider.GetService<GatewayRouter>();
        if (router is null || endpoints.ServiceProvider.GetRequiredService<GatewayAddresses>() is not { IsMapped: true } addresses)
        {
            throw new InvalidOperationException(
                "Expected a mapped gateway, found none. Call builder.Services.AddTunnelGateway() and app.MapTunnelGateway(…) before "
                + "MapReverseHttpRelay.");
        }

        RegistrationTable registrations = new(router, options);
        RelayEndpoint endpoint = new(registrations, addresses, options);
        RequestDelegate handleAccessPoint = endpoint.HandleAccessPointAsync;
        RequestDelegate handlePrivate = endpoint.HandlePrivateAsync;
        RequestDelegate handlePoll = new RelayPollEndpoint(registrations, options).HandleAsync;
        RequestDelegate handleTarget = new RelayHttpEndpoint(options).HandleAsync;
        RouteGroupBuilder group = endpoints.MapGroup(pattern);
        group.Map("", handleAccessPoint);
        group.Map("/{label}/{token}", handlePrivate);
        group.Map("/" + RelayUrls.PollSegment + "/{label}/{id}", handlePoll);
        group.Map("/" + RelayUrls.TargetSegment + "/{target}", handleTarget);
        return group.WithMetadata(GatewayEndpointMetadata.Instance, new DisableRequestTimeoutAttribute());
    }

    /// <summary>
    /// Shows the fields of the polling dialects to the pages of the policy's sites: Link, Location and Requesting-Client. Allows their
    /// methods and all request fields.
    /// </summary>
    /// <param name="policy">The policy, for RequireCors at MapReverseHttpRelay, MapCometQueue or MapRawHttpQueue.</param>
    /// <returns><paramref name="policy"/>.</returns>
    public static CorsPolicyBuilder WithTunnelGatewayFields(this CorsPolicyBuilder policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return policy
            .WithMethods("GET", "POST", "PUT", "DELETE")
            .AllowAnyHeader()
            .WithExposedHeaders("Link", "Location", "Requesting-Client", "X-Session");
    }
}
