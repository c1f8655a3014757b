using Microsoft.AspNetCore.Routing;
using TunnelRpc.Gateway;
using TunnelRpc.Gateway.ReverseHttp;
using TunnelRpc.Gateway.Routing;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps claims of names by connections that are upgraded to reverse HTTP (PTTH).</summary>
public static class ReverseHttpClaimsEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Lets programs claim names by a POST with <c>Upgrade: PTTH/1.0</c>, also <c>PTTH/0.9</c>: the server sends the requests for the name
    /// on that connection. Several connections of one owner are a pool. The name belongs to the authenticated user of the first connection;
    /// anonymous programs that claim a name are one owner. Add RequireAuthorization as for any endpoint.
    /// </summary>
    /// <param name="endpoints">The application. AddTunnelGateway must have been called; its policy decides about the names.</param>
    /// <param name="pattern">The route pattern, with the parameter <c>{name}</c>.</param>
    /// <param name="configure">Configures the limits.</param>
    /// <returns>A builder that adds conventions to the endpoint.</returns>
    /// <exception cref="ArgumentException">The pattern has no parameter "name", or an option is out of range.</exception>
    /// <exception cref="InvalidOperationException">AddTunnelGateway was not called.</exception>
    public static IEndpointConventionBuilder MapReverseHttpClaims(
        this IEndpointRouteBuilder endpoints, string pattern, Action<ReverseHttpClaimOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(pattern);
        ClaimEndpoint.RequireName(pattern);
        ReverseHttpClaimOptions options = new();
        configure?.Invoke(options);
        options.Validate();
        return ClaimEndpoint.Map(
            endpoints, pattern, nameof(MapReverseHttpClaims), router => new PtthEndpoint(router, options).HandleAsync);
    }
}
