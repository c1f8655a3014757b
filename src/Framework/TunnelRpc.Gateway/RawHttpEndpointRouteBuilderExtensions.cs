using Microsoft.AspNetCore.Routing;
using TunnelRpc.Gateway;
using TunnelRpc.Gateway.RawHttp;
using TunnelRpc.Gateway.Routing;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps queues from which programs fetch requests as HTTP messages.</summary>
public static class RawHttpEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Lets programs claim names and answer the requests for them by POST alone: a POST is answered with a request, or with the status 204
    /// after a timeout, and the next POST carries the response and polls again. The name belongs to the authenticated user of the first
    /// poll; anonymous pollers of a name are one owner. Add RequireAuthorization as for any endpoint.
    /// </summary>
    /// <param name="endpoints">The application. AddTunnelGateway must have been called; its policy decides about the names.</param>
    /// <param name="pattern">The route pattern, with the parameter <c>{name}</c>.</param>
    /// <param name="configure">Configures the limits.</param>
    /// <returns>A builder that adds conventions to the endpoint.</returns>
    /// <exception cref="ArgumentException">The pattern has no parameter "name", or an option is out of range.</exception>
    /// <exception cref="InvalidOperationException">AddTunnelGateway was not called.</exception>
    public static IEndpointConventionBuilder MapRawHttpQueue(
        this IEndpointRouteBuilder endpoints, string pattern, Action<RawHttpQueueOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(pattern);
        ClaimEndpoint.RequireName(pattern);
        RawHttpQueueOptions options = new();
        configure?.Invoke(options);
        options.Validate();
        return ClaimEndpoint.Map(
            endpoints, pattern, nameof(MapRawHttpQueue), router => new RawHttpEndpoint(router, options).HandleAsync);
    }
}
