using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using TunnelRpc.AspNetCore.Http;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps addresses where reverse-HTTP peers connect.</summary>
public static class ReverseHttpEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Accepts reverse HTTP (<c>Upgrade: PTTH/1.0</c>, draft-lentczner-rhttp) at <paramref name="pattern"/>: the peer connects with an HTTP/1.1
    /// request, and after the 101 this server sends it HTTP requests, for instance to a program behind a firewall. Any other
    /// request is answered 426, and a page of a foreign site (by its Origin) 403. Add RequireAuthorization as for any endpoint.
    /// </summary>
    /// <param name="endpoints">Where to map.</param>
    /// <param name="pattern">The route pattern.</param>
    /// <param name="onPeer">
    /// Called for each peer, for several at once. The connection ends when it returns; its token is signalled when the peer goes or the server stops. Its
    /// exceptions end the connection, and are logged unless the peer was gone.
    /// </param>
    /// <returns>To add conventions to the endpoint.</returns>
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
        return endpoints.Map(pattern, handler);
    }
}
