using Microsoft.AspNetCore.Http;

namespace TunnelRpc.AspNetCore;

/// <summary>
/// A reverse-HTTP peer (draft-lentczner-rhttp): a program that has connected to this server and responds to the HTTP requests that the
/// server sends on that connection. Valid until the task of the callback given to MapReverseHttp completes. <see cref="Client"/> is
/// thread-safe; its requests are sent one after another.
/// </summary>
public sealed class ReverseHttpPeer
{
    /// <summary>
    /// The largest response in bytes that <see cref="Client"/> buffers, unless its <see cref="HttpClient.MaxResponseContentBufferSize"/>
    /// is set to another one: 4 MiB.
    /// </summary>
    public const int DefaultMaxBufferedResponseSize = 4 << 20;

    internal ReverseHttpPeer(HttpContext httpContext, HttpClient client, CancellationToken disconnected)
    {
        HttpContext = httpContext;
        Client = client;
        Disconnected = disconnected;
    }

    /// <summary>The request with which the peer connected, with its user, route values and headers. Do not use its bodies.</summary>
    public HttpContext HttpContext { get; }

    /// <summary>
    /// Sends requests to the peer, at relative addresses. Requests throw <see cref="HttpRequestException"/> after the peer has
    /// disconnected. There is one connection: read or dispose the content of a response, or the next request cannot be sent. Do not dispose
    /// the client. A buffered response of more than <see cref="HttpClient.MaxResponseContentBufferSize"/> bytes (4 MiB by default; set it
    /// before the first request) throws <see cref="HttpRequestException"/>; read larger ones as a stream, with <see
    /// cref="HttpCompletionOption.ResponseHeadersRead"/>.
    /// </summary>
    public HttpClient Client { get; }

    /// <summary>
    /// Cancelled when the peer has disconnected or the server is shutting down. After a disconnect there are two seconds to read a response
    /// that the peer sent before it.
    /// </summary>
    public CancellationToken Disconnected { get; }
}
