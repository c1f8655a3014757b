using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace TunnelRpc.Gateway.Polling;

/// <summary>Pages of other sites that poll, in a browser. Stateless.</summary>
internal static class CrossOrigin
{
    /// <summary>
    /// Whether a page of another site has sent the request, and the endpoint's CORS policy does not allow that site. The middleware of CORS
    /// only hides the response from such a page; a name would be claimed for it nevertheless.
    /// </summary>
    public static async ValueTask<bool> IsRefusedAsync(HttpContext context)
    {
        if (!PollerIdentity.IsCrossOrigin(context))
        {
            return false;
        }

        CorsPolicy? policy = context.GetEndpoint()?.Metadata.GetMetadata<ICorsMetadata>() switch
        {
            ICorsPolicyMetadata metadata => metadata.Policy,
            IEnableCorsAttribute attribute when context.RequestServices.GetService<ICorsPolicyProvider>() is { } provider =>
                await provider.GetPolicyAsync(context, attribute.PolicyName).ConfigureAwait(false),
            _ => null,
        };
        return policy is null || !(policy.AllowAnyOrigin || policy.IsOriginAllowed(context.Request.Headers.Origin.ToString()));
    }
}
