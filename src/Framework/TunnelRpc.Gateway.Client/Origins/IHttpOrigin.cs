namespace TunnelRpc.Gateway.Client.Origins;

// Decision: docs/adr/0091-gateway.md
/// <summary>A program that answers HTTP requests of a gateway. The client of the tunnel serves it; the gateway calls it.</summary>
[TunnelService(Name = "TunnelRpc.HttpOrigin")]
internal partial interface IHttpOrigin
{
    /// <summary>
    /// Sends one request and its body, and returns the response. Both bodies travel at the same time. The end of <paramref name="body"/> is
    /// the end of the request's body; the end of the result is that of the response. A response 101 or a successful CONNECT makes both
    /// directions one byte stream. Cancelling the call, or ceasing to read its result, aborts the exchange.
    /// </summary>
    /// <param name="request">The head of the request.</param>
    /// <param name="body">The body of the request in pieces that are not empty, then at most one with the trailers. No head.</param>
    /// <param name="cancellationToken">Aborts the exchange.</param>
    /// <returns>One part with the head, parts with the pieces of the body, then at most one part with the trailers.</returns>
    /// <exception cref="TunnelException">
    /// NotFound: the client serves no origin of this name. Unavailable: the origin does not accept connections. Internal: the origin broke
    /// off, or what it sent is not HTTP.
    /// </exception>
    IAsyncEnumerable<HttpOriginPart> SendAsync(
        HttpOriginRequest request, IAsyncEnumerable<HttpOriginPart> body, CancellationToken cancellationToken);
}
