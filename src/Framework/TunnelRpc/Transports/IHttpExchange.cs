using System.IO.Pipelines;
using System.Net.WebSockets;
using System.Security.Claims;
using TunnelRpc.Accounting;

namespace TunnelRpc.Transports;

/// <summary>
/// One HTTP request with its response, as an <see cref="ITransportAcceptor"/> sees it. The HTTP server's host implements it.
/// </summary>
/// <remarks>
/// Guarantees of the caller (the acceptor and its connection):
/// <list type="bullet">
/// <item>It sets the status and the response headers, and calls <see cref="DisableRequestLimits"/>, before the head is sent.</item>
/// <item>It has at most one read of <see cref="RequestBody"/> and one write of <see cref="ResponseBody"/> in progress. The two may run
/// concurrently.</item>
/// <item>It calls at most one of <see cref="UpgradeAsync"/>, <see cref="AcceptConnectAsync"/> and <see cref="AcceptWebSocketAsync"/>,
/// once. When the call has succeeded, it uses the returned stream or WebSocket and no longer <see cref="RequestBody"/> and
/// <see cref="ResponseBody"/>.</item>
/// <item>It does not use the exchange after the host's request handler has returned.</item>
/// </list>
/// Guarantees of the implementation:
/// <list type="bullet">
/// <item>The first write or flush of <see cref="ResponseBody"/> sends the head with the status and headers that were set before.</item>
/// <item><see cref="RequestAborted"/> is signalled when the client disconnects, when the server aborts the exchange, and after
/// <see cref="Abort"/>.</item>
/// </list>
/// Errors: body reads, body writes and the asynchronous methods throw the HTTP server's own exceptions (usually <see cref="IOException"/>)
/// and <see cref="OperationCanceledException"/>. Only <see cref="UpgradeAsync"/> throws <see cref="TransportException"/>.
/// <para>Thread-safety: the members are not thread-safe, except <see cref="Abort"/> and <see cref="RequestAborted"/>.</para>
/// <para>Disposal: the host owns the exchange, its bodies and the upgraded stream, and releases them when its request handler
/// returns.</para>
/// </remarks>
public interface IHttpExchange
{
    /// <summary>The request's method, in upper case.</summary>
    string Method { get; }

    /// <summary>The request's path below the mapped path: empty, or starting with a slash.</summary>
    string SubPath { get; }

    /// <summary>The request's scheme and authority as the client used them, for instance "https://ops.example".</summary>
    string Origin { get; }

    /// <summary>The HTTP version: "HTTP/1.1" or "HTTP/2".</summary>
    string Protocol { get; }

    /// <summary>The user that the HTTP server authenticated the request as; null when the server does not authenticate.</summary>
    ClaimsPrincipal? User { get; }

    /// <summary>
    /// When the authentication of <see cref="User"/> expires; null when it does not, or the server does not know. Default: null.
    /// </summary>
    DateTimeOffset? UserExpires => null;

    /// <summary>The peer's address and port as the server sees them; null when unknown. With a reverse proxy it is the proxy's.</summary>
    string? RemoteEndPoint { get; }

    /// <summary>
    /// What the users and the addresses of the server use, so that an acceptor can limit what waits for a client; null when the host has no
    /// such limits. Default: null.
    /// </summary>
    internal ClientPartitions? Partitions => null;

    /// <summary>Returns the values of a request header, joined by ", "; null when the header is absent.</summary>
    /// <param name="name">The header's name, compared without regard to case.</param>
    string? GetRequestHeader(string name);

    /// <summary>Whether the request can be upgraded: an HTTP/1.1 request with "Connection: Upgrade" and without a body.</summary>
    bool CanUpgrade { get; }

    /// <summary>
    /// Whether the request is a WebSocket handshake that the server completes by itself, on a connection that cannot be upgraded, as a
    /// server in memory does. Default: false.
    /// </summary>
    bool CanAcceptWebSocket => false;

    /// <summary>The <c>:protocol</c> of an extended CONNECT (RFC 8441, 4); null for every other request.</summary>
    string? ConnectProtocol { get; }

    /// <summary>The request's body.</summary>
    PipeReader RequestBody { get; }

    /// <summary>The response's body. The first write or flush sends the head.</summary>
    PipeWriter ResponseBody { get; }

    /// <summary>Signalled when the client or the server ends the exchange.</summary>
    CancellationToken RequestAborted { get; }

    /// <summary>Sets the response's status. Allowed until the head is sent.</summary>
    /// <param name="status">The HTTP status code.</param>
    void SetStatusCode(int status);

    /// <summary>Sets a header of the response and replaces an earlier value. Allowed until the head is sent.</summary>
    /// <param name="name">The header's name.</param>
    /// <param name="value">The header's value.</param>
    void SetResponseHeader(string name, string value);

    /// <summary>Sends the head now, so that a streamed response starts before its first byte of body.</summary>
    /// <param name="cancellationToken">Cancels the operation.</param>
    ValueTask StartResponseAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Disables the server's limits on body size and data rates, and its response buffering, for this exchange. They suit ordinary
    /// requests and would end a tunnel. Allowed until the body is read.
    /// </summary>
    void DisableRequestLimits();

    /// <summary>Sends 101 with the headers set so far and "Upgrade: <paramref name="protocol"/>", and returns the raw stream.</summary>
    /// <param name="protocol">The value of the Upgrade header.</param>
    /// <param name="cancellationToken">Cancels the operation before it starts.</param>
    /// <returns>The stream of the upgraded connection. The exchange owns it.</returns>
    /// <exception cref="TransportException">The server refuses to upgrade, for instance at its limit of upgraded connections. The head is
    /// not sent yet, and <see cref="TransportException.HttpStatus"/> has the status to respond with.</exception>
    ValueTask<Stream> UpgradeAsync(string protocol, CancellationToken cancellationToken);

    /// <summary>Accepts an extended CONNECT (RFC 8441) with 200 and the headers set so far, and returns the raw stream.</summary>
    /// <param name="cancellationToken">Cancels the operation before it starts.</param>
    /// <returns>The HTTP/2 stream's bytes in both directions. The exchange owns it.</returns>
    ValueTask<Stream> AcceptConnectAsync(CancellationToken cancellationToken);

    /// <summary>Accepts the WebSocket. Allowed if <see cref="CanAcceptWebSocket"/> is true.</summary>
    /// <param name="subprotocol">The subprotocol to select.</param>
    /// <param name="cancellationToken">Cancels the operation before it starts.</param>
    /// <returns>The WebSocket. The caller disposes it.</returns>
    ValueTask<WebSocket> AcceptWebSocketAsync(string subprotocol, CancellationToken cancellationToken) =>
        throw new NotSupportedException("This exchange does not accept WebSockets.");

    /// <summary>
    /// Ends the exchange at once: pending reads and writes fail, and buffered bytes are discarded. Thread-safe and idempotent.
    /// </summary>
    void Abort();
}
