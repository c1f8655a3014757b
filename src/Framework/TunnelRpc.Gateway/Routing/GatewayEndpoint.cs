using Microsoft.AspNetCore.Http;

namespace TunnelRpc.Gateway.Routing;

/// <summary>Handles the requests to one mapped pattern. Thread-safe.</summary>
/// <param name="forwarder">Forwards them.</param>
/// <param name="pattern">Where the name is.</param>
/// <param name="keepsPath">Whether origins get the path with its part up to the name.</param>
internal sealed class GatewayEndpoint(GatewayForwarder forwarder, GatewayPattern pattern, bool keepsPath)
{
    public Task HandleAsync(HttpContext context)
    {
        string name = (pattern.IsHost
            ? GatewayPattern.FindName(context.Request.Host.Host)
            : context.Request.RouteValues[GatewayPattern.NameParameter] as string) ?? "";
        int removed = keepsPath ? 0 : pattern.PrefixSegments;
        string prefix = removed == 0 ? "" : RequestTarget.GetPrefix(context, removed);
        return forwarder.ForwardAsync(context, name, RequestTarget.Create(context, removed), prefix);
    }
}
