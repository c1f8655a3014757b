using System.IO.Pipelines;
using System.Security.Claims;

namespace TunnelRpc.Transports;

/// <summary>The little of an HTTP server that acceptors need: one request and its answer. Not thread-safe but for <see cref="Abort"/>.</summary>
public interface IHttpExchange
{
    /// <summary>The request's method, upper case.</summary>
    string Method { get; }

    /// <summary>The path below the mapped one: empty, or beginning with a slash.</summary>
    string SubPath { get; }

    /// <summary>The request's scheme and authority as the client used them, for instance "https://ops.example".</summary>
    string Origin { get; }

    /// <summary>"HTTP/1.1", "HTTP/2".</summary>
    string Protocol { get; }

    /// <summary>Who the request was authenticated as.</summary>
    ClaimsPrincipal? User { get; }

    /// <summary>Where the peer is, as the server sees it.</summary>
    string? RemoteEndPoint { get; }

    /// <summary>The request's header, its values joined by ", "; null when absent.</summary>
    string? GetRequestHeader(string name);

    /// <summary>Whether the request can be upgraded: an HTTP/1.1 request with "Connection: Upgrade" and without a body.</summary>
    bool CanUpgrade { get; }

    /// <summary>The <c>:protocol</c> of an extended CONNECT (RFC 8441, 4); null for every other request.</summary>
    string? ConnectProtocol { get; }

    /// <summary>The request's body.</summary>
    PipeReader RequestBody { get; }

    /// <summary>The answer's body; the first write or flush sends the head.</summary>
    PipeWriter ResponseBody { get; }

    /// <summary>Signalled when the client or the server ends the exchange.</summary>
    CancellationToken RequestAborted { get; }

    /// <summary>Sets the answer's status; before the head is sent.</summary>
    void SetStatusCode(int status);

    /// <summary>Sets a header of the answer; before the head is sent.</summary>
    void SetResponseHeader(string name, string value);

    /// <summary>Sends the head now, so that a streamed answer begins.</summary>
    ValueTask StartResponseAsync(CancellationToken cancellationToken);

    /// <summary>Lifts the server's limits on body size and rates, which are made for ordinary requests; before the body is read.</summary>
    void DisableRequestLimits();

    /// <summary>Answers 101 with the headers set so far and "Upgrade: <paramref name="protocol"/>"; gives the raw stream, owned by the exchange.</summary>
    ValueTask<Stream> UpgradeAsync(string protocol, CancellationToken cancellationToken);

    /// <summary>Answers an extended CONNECT with 200 and the headers set so far; gives the raw stream, owned by the exchange.</summary>
    ValueTask<Stream> AcceptConnectAsync(CancellationToken cancellationToken);

    /// <summary>Ends the exchange at once.</summary>
    void Abort();
}
