using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using TunnelRpc.Gateway.Client.Origins;

namespace TunnelRpc.Gateway.Routing;

/// <summary>The request target for an origin: what the client has sent, byte for byte where that is possible. Stateless.</summary>
internal static class RequestTarget
{
    /// <summary>Returns the target without the segments up to the name.</summary>
    /// <param name="context">The request.</param>
    /// <param name="prefixSegments">The segments to remove from the path; 0 keeps it.</param>
    public static string Create(HttpContext context, int prefixSegments)
    {
        HttpRequest request = context.Request;
        string query = request.QueryString.Value ?? "";
        string path = request.PathBase.Value + request.Path.Value;
        int removed = CountRemoved(context, prefixSegments);
        string raw = context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        if (raw == "*" && path.Length == 0)
        {
            return raw;
        }

        int end = raw.IndexOf('?', StringComparison.Ordinal);
        string rawPath = end < 0 ? raw : raw[..end];

        // The route was selected by the decoded and normalized path. The raw one is used only if it says the same: an absolute target, dot
        // segments, or a path that a middleware has rewritten would otherwise reach another resource, or another name.
        string target = HttpFieldRules.IsTarget(raw) && Decode(rawPath) == path
            ? RemoveSegments(rawPath, removed) + (end < 0 ? "" : raw[end..])
            : new PathString(RemoveSegments(path, removed)).ToUriComponent() + query;
        return target;
    }

    /// <summary>Returns the segments of the path that <see cref="Create"/> removes, escaped.</summary>
    public static string GetPrefix(HttpContext context, int prefixSegments)
    {
        string path = context.Request.PathBase.Value + context.Request.Path.Value;
        string rest = RemoveSegments(path, CountRemoved(context, prefixSegments));
        string prefix = path.EndsWith(rest, StringComparison.Ordinal) ? path[..^rest.Length] : path;
        return new PathString(prefix).ToUriComponent();
    }

    private static int CountRemoved(HttpContext context, int prefixSegments) =>
        prefixSegments == 0 ? 0 : prefixSegments + (context.Request.PathBase.Value ?? "").Count(c => c == '/');

    /// <summary>Decodes a path as Kestrel does: an escaped slash stays escaped.</summary>
    private static string Decode(string path) => path.Contains('%')
        ? Uri.UnescapeDataString(
            path.Replace("%2F", "%252F", StringComparison.Ordinal).Replace("%2f", "%252f", StringComparison.Ordinal))
        : path;

    private static string RemoveSegments(string path, int count)
    {
        int start = 0;
        for (int i = 0; i < count && start >= 0; i++)
        {
            start = path.IndexOf('/', Math.Min(start + 1, path.Length));
        }

        return start < 0 ? "/" : path[start..];
    }
}
