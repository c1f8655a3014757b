using System.Diagnostics;
using System.Security.Claims;
using System.Security.Cryptography.X509Certificates;

namespace TunnelRpc.Transports;

/// <summary>The facts about a connection. Immutable.</summary>
/// <param name="Transport">The transport's name.</param>
/// <param name="RemoteEndPoint">The peer's address and port as this side sees them (with a proxy: the proxy's); null when unknown.</param>
/// <param name="User">
/// On the server, the user that the exchange was authenticated as; null on the client and without authentication.
/// </param>
[DebuggerDisplay("{Transport,nq} {RemoteEndPoint,nq}, end-to-end TLS: {IsEndToEndEncrypted}")]
public sealed record TransportConnectionInfo(string Transport, string? RemoteEndPoint = null, ClaimsPrincipal? User = null)
{
    /// <summary>
    /// One or more sentences for the path report when the connection opened and the session's handshake on it then timed out: the likely
    /// cause and the remedy. Null when the transport has no hint.
    /// </summary>
    public string? HandshakeTimeoutHint { get; init; }

    /// <summary>
    /// The longest time for which this side should send nothing, because an intermediary may end an idle connection after it; null when
    /// no such limit is known.
    /// </summary>
    public TimeSpan? MaxIdleTime { get; init; }

    /// <summary>
    /// On the client, the certificate of the transport's own TLS, the server's or an intercepting proxy's; null without TLS.
    /// </summary>
    public TransportCertificate? ServerCertificate { get; init; }

    /// <summary>Whether the bytes are inside end-to-end TLS, which no intermediary can read.</summary>
    public bool IsEndToEndEncrypted { get; init; }

    /// <summary>
    /// On the server, the certificate that the client authenticated with in end-to-end TLS; null without one. The connection owns it: do
    /// not dispose it.
    /// </summary>
    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>
    /// On the server, the mapped path that accepted the connection. A session keeps it for its lifetime. Null when the host has one only.
    /// </summary>
    internal string? AcceptedEndpoint { get; init; }

    /// <summary>On the server, when the authentication of <see cref="User"/> expires; null when it does not, or is not known.</summary>
    internal DateTimeOffset? UserExpires { get; init; }

    /// <summary>
    /// On the client, how long the server accepts the credentials of this connection; null when its response did not state it.
    /// </summary>
    internal CredentialLifetime? CredentialLifetime { get; init; }

    /// <summary>
    /// Whether what this side writes is sent in HTTP requests or responses of their own, block by block. Such a path needs more bytes in
    /// flight than its round trip says.
    /// </summary>
    internal bool SendsBlocks { get; init; }

    /// <summary>
    /// Whether the same is true of the peer. Its acknowledgements then wait for the exchange before theirs, for up to a round trip.
    /// </summary>
    internal bool ReceivesBlocks { get; init; }

    /// <summary>
    /// On the client, whether the connection is in an HTTP/2 connection. Other requests to the server then use HTTP/2, too.
    /// </summary>
    internal bool IsHttp2 { get; init; }

    /// <summary>
    /// On the client, the instance of the server that the response named. No proof: an intermediary may have changed it. Null when the
    /// response named none.
    /// </summary>
    internal Guid? ServerInstance { get; init; }

    /// <summary>
    /// On the client, one or more sentences that the path report shows about this connection although it works; null for none.
    /// </summary>
    public string? Note { get; init; }
}
