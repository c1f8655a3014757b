using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using TunnelRpc.Gateway.Routing;

namespace TunnelRpc.Gateway.Polling;

/// <summary>Who polls, by the request of a poll. Stateless.</summary>
internal static class PollerIdentity
{
    /// <summary>The authenticated user; all anonymous pollers of a dialect are one owner of the name.</summary>
    public static GatewayOwner GetOwner(HttpContext context, string dialect, string name)
    {
        string? user = context.User.Identities.Any(identity => identity.IsAuthenticated)
            ? context.RequestServices.GetRequiredService<IOptions<TunnelServerOptions>>().Value.UserIdSelector(context.User)
            : null;
        return user is null ? new GatewayOwner("anonymous", $"{dialect} {name}") : new GatewayOwner("user", user) { User = context.User };
    }

    /// <summary>The address of the poller; null when it is unknown.</summary>
    public static string? GetRemoteEndPoint(HttpContext context) => GatewayRequestFactory.FindRemote(context.Connection)?.ToString();

    /// <summary>Whether a page of another site has sent the request in a browser, by its Origin field (RFC 6454).</summary>
    public static bool IsCrossOrigin(HttpContext context)
    {
        string? origin = context.Request.Headers.Origin;
        string own = $"{context.Request.Scheme}://{context.Request.Host.Value}";
        return !string.IsNullOrEmpty(origin)
            && !(Uri.TryCreate(origin, UriKind.Absolute, out Uri? first)
                && Uri.TryCreate(own, UriKind.Absolute, out Uri? second)
                && Uri.Compare(
                    first, second, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0);
    }
}
