using Microsoft.AspNetCore.Http;

namespace TunnelRpc.AspNetCore;

/// <summary>
/// A reverse-HTTP peer (draft-lentczner-rhttp): a program that connected to this server and now answers HTTP requests which the
/// server sends back on that connection. Lives until the callback given to MapReverseHttp returns, or the peer goes;
/// not to be used after that. <see cref="Client"/> is thread-safe; requests go one after another.
/// </summary>
public sealed class ReverseHttpPeer
{
    internal ReverseHttpPeer(HttpContext httpContext, HttpClient client)
    {
        HttpContext = httpContext;
        Client = client;
    }

    /// <summary>The request by which the peer connected: its user, route values and headers. Its bodies are not to be used.</summary>
    public HttpContext HttpContext { get; }

    /// <summary>
    /// Sends requests to the peer, at relative addresses. When the peer is gone, requests throw <see cref="HttpRequestException"/>.
    /// There is one connection: an answer's content must be read or disposed before the next request can go. Not yours to dispose.
    /// </summary>
    public HttpClient Client { get; }

    /// <summary>Signalled when the peer is gone or the server ends the connection.</summary>
    public CancellationToken Disconnected => HttpContext.RequestAborted;
}
