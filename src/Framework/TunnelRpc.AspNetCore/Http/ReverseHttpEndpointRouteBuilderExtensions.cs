using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using TunnelRpc.AspNetCore;
using TunnelRpc.AspNetCore.Http;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps endpoints to which reverse-HTTP peers connect.</summary>
public static class ReverseHttpEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Accepts reverse HTTP (<c>Upgrade: PTTH/1.0</c>, draft-lentczner-rhttp) at <paramref name="pattern"/>. The peer connects with an
    /// HTTP/1.1 request; after the response 101 this server sends HTTP requests to the peer, for instance to a program inside a firewall.
    /// The response to any other request is 426; to a request whose Origin is another site it is 403. Add RequireAuthorization as for any
    /// endpoint.
    /// </summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="pattern">The route pattern.</param>
    /// <param name="onPeer">
    /// Called for each peer, concurrently for several peers. The connection ends when the returned task completes. The token is cancelled
    /// when the server shuts down, and two seconds after the peer has disconnected: a response that it sent before can still be read, and
    /// requests fail at once. An exception ends the connection; it is logged unless the peer had disconnected
    /// or the server was shutting down.
    /// </param>
    /// <returns>A builder that adds conventions to the endpoint.</returns>
    public static IEndpointConventionBuilder MapReverseHttp(
        this IEndpointRouteBuilder endpoints,
        string pattern,
        Func<ReverseHttpPeer, CancellationToken, Task> onPeer)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(pattern);
        ArgumentNullException.ThrowIfNull(onPeer);
        ReverseHttpEndpoint endpoint = new(onPeer);
        RequestDelegate handler = endpoint.HandleAsync;
        return TunnelEndpointMetadata.AddTo(endpoints.Map(pattern, handler));
    }
}
