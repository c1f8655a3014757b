using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;

namespace TunnelRpc.Gateway.Routing;

/// <summary>Maps the endpoints at which programs claim the name of a route value. Stateless.</summary>
internal static class ClaimEndpoint
{
    /// <summary>Maps an endpoint.</summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="pattern">The route pattern.</param>
    /// <param name="method">The name of the method that maps it, for the exception.</param>
    /// <param name="createHandler">Creates the handler of the requests.</param>
    /// <exception cref="InvalidOperationException">AddTunnelGateway was not called.</exception>
    public static IEndpointConventionBuilder Map(
        IEndpointRouteBuilder endpoints, string pattern, string method, Func<GatewayRouter, RequestDelegate> createHandler)
    {
        GatewayRouter router = endpoints.ServiceProvider.GetService<GatewayRouter>()
            ?? throw new InvalidOperationException(
                $"Expected the services of a gateway, found none. Call builder.Services.AddTunnelGateway() before {method}.");
        return endpoints.Map(pattern, createHandler(router))
            .WithMetadata(GatewayEndpointMetadata.Instance, new DisableRequestTimeoutAttribute());
    }

    /// <summary>Checks that a pattern has the name.</summary>
    /// <exception cref="ArgumentException">The pattern has no parameter "name".</exception>
    public static void RequireName(string pattern)
    {
        if (RoutePatternFactory.Parse(pattern).GetParameter("name") is null)
        {
            throw new ArgumentException($"Expected a pattern with the parameter {{name}}, got \"{pattern}\".", nameof(pattern));
        }
    }
}
