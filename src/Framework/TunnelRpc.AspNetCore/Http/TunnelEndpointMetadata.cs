using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.OutputCaching;

namespace TunnelRpc.AspNetCore.Http;

// Decision: docs/adr/0049-tunnels-opt-out-of-middleware.md
/// <summary>
/// The metadata of an endpoint by which middlewares of ASP.NET Core skip it: no pages for error statuses, no redirection to a sign-in page
/// instead of 401 or 403, no output caching, no timeout of requests. Immutable and thread-safe.
/// </summary>
internal sealed class TunnelEndpointMetadata : ISkipStatusCodePagesMetadata, IDisableCookieRedirectMetadata, IOutputCachePolicy
{
    private static readonly TunnelEndpointMetadata Instance = new();

    /// <summary>Adds the metadata to the endpoint.</summary>
    public static IEndpointConventionBuilder AddTo(IEndpointConventionBuilder endpoint)
        => endpoint.WithMetadata(Instance, new DisableRequestTimeoutAttribute());

    ValueTask IOutputCachePolicy.CacheRequestAsync(OutputCacheContext context, CancellationToken cancellation)
    {
        context.EnableOutputCaching = false;
        return ValueTask.CompletedTask;
    }

    ValueTask IOutputCachePolicy.ServeFromCacheAsync(OutputCacheContext context, CancellationToken cancellation) => ValueTask.CompletedTask;

    ValueTask IOutputCachePolicy.ServeResponseAsync(OutputCacheContext context, CancellationToken cancellation) => ValueTask.CompletedTask;
}
