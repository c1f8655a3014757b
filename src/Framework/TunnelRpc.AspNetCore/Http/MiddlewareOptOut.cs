using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.OutputCaching;

namespace TunnelRpc.AspNetCore.Http;

// Decision: docs/adr/0049-tunnels-opt-out-of-middleware.md
/// <summary>
/// Switches off, for one exchange, the middlewares of ASP.NET Core that would end it, store its response, or replace or encode the bytes
/// of its response. It works wherever they are in the pipeline; <see cref="TunnelEndpointMetadata"/> does the same for those that come
/// after routing, before they start. Stateless.
/// </summary>
internal static class MiddlewareOptOut
{
    /// <summary>Call it before anything is read from the request or written to the response.</summary>
    public static void Apply(HttpContext context)
    {
        context.Features.Get<IHttpRequestTimeoutFeature>()?.DisableTimeout();
        if (context.Features.Get<IStatusCodePagesFeature>() is { } statusCodePages)
        {
            // The client needs the status and the headers of a refusal without a body. A page executed in its place may change both.
            statusCodePages.Enabled = false;
        }

        if (context.Features.Get<IOutputCacheFeature>() is { Context: { } outputCache })
        {
            outputCache.AllowCacheStorage = false;
        }

        // Response compression selects an encoding when the response starts: of the encodings that the request accepts at that time. The
        // client sends no such header, but the headers of its options or an intermediary may add one.
        context.Request.Headers.AcceptEncoding = default;
    }
}
