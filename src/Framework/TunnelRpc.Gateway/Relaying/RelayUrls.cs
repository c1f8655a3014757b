using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using TunnelRpc.Gateway.Routing;

namespace TunnelRpc.Gateway.Relaying;

/// <summary>
/// The URLs of a relay, as its clients have reached it. None contains a semicolon, or a comma before a space, at which the original clients
/// would cut a Link. Stateless.
/// </summary>
internal static class RelayUrls
{
    /// <summary>The segment of request URLs. Not a name, since it starts with an underscore.</summary>
    public const string PollSegment = "_poll";

    /// <summary>The segment of RelayHttp, before its target. Not a name, as <see cref="PollSegment"/>.</summary>
    public const string TargetSegment = "_relay";

    /// <summary>The URL of the relay itself, from the segments that follow it in the path of this request.</summary>
    public static string GetAccessPoint(HttpContext context, int segments)
    {
        string path = (context.Request.PathBase + context.Request.Path).ToUriComponent().TrimEnd('/');
        for (; segments > 0; segments--)
        {
            path = path[..path.LastIndexOf('/')];
        }

        return GetRoot(context) + path;
    }

    /// <summary>Scheme, host and port as the client has written them.</summary>
    public static string GetRoot(HttpContext context) => $"{context.Request.Scheme}://{context.Request.Host.ToUriComponent()}";

    /// <summary>The private URL of a registration.</summary>
    public static string GetPrivate(string accessPoint, string label, string token)
        => $"{accessPoint}/{label}/{Uri.EscapeDataString(token)}";

    /// <summary>A request URL.</summary>
    public static string GetPoll(string accessPoint, string label, string id) => $"{accessPoint}/{PollSegment}/{label}/{id}";

    /// <summary>The public URL of a name.</summary>
    public static string GetPublic(HttpContext context, GatewayAddresses addresses, string label)
        => addresses.GetAddress(label, new Uri(GetRoot(context))).AbsoluteUri;

    /// <summary>A Link field's value (RFC 8288), with the relation in quotes, as the original clients want it.</summary>
    public static string Link(string url, string relation) => $"<{url}>; rel=\"{relation}\"";

    /// <summary>Sets one Link field for each value: the original clients do not split a list.</summary>
    public static void SetLinks(HttpContext context, params string[] links) => context.Response.Headers.Link = new StringValues(links);
}
