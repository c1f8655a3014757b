using System.Security.Claims;
using System.Security.Cryptography.X509Certificates;

namespace TunnelRpc;

/// <summary>
/// Describes a session. Immutable, except that <see cref="Completion"/> completes and <see cref="User"/> changes. Thread-safe.
/// </summary>
public sealed class TunnelSessionInfo
{
    private volatile ClaimsPrincipal? _user;

    internal TunnelSessionInfo(
        string id, string transport, string? remoteEndPoint, ClaimsPrincipal? user, DateTimeOffset connectedSince, Task completion)
    {
        Id = id;
        Transport = transport;
        RemoteEndPoint = remoteEndPoint;
        _user = user;
        ConnectedSince = connectedSince;
        Completion = completion;
    }

    /// <summary>The session's id, the same on both sides.</summary>
    public string Id { get; }

    /// <summary>
    /// The transport of the session's first path. The session may have migrated to another transport since;
    /// <see cref="TunnelCallContext.Transport"/> has the current one.
    /// </summary>
    public string Transport { get; }

    /// <summary>
    /// The peer's address on the session's first path, as this side sees it (a proxy's address if there is one). Null if unknown.
    /// </summary>
    public string? RemoteEndPoint { get; }

    /// <summary>
    /// On a server, the user that the session was authenticated as; null if it was not authenticated. It remains the same user, but its
    /// claims change when the client refreshes its authentication, or continues on a path with another token.
    /// </summary>
    public ClaimsPrincipal? User
    {
        get => _user;
        internal set => _user = value;
    }

    /// <summary>
    /// On a server, the id of the user: what the option UserIdSelector returns for it; null if the session is not authenticated.
    /// </summary>
    public string? UserId { get; internal set; }

    /// <summary>Whether the session uses end-to-end TLS, which proxies and gateways on the path cannot read.</summary>
    public bool IsEndToEndEncrypted { get; internal init; }

    /// <summary>
    /// On a server, the certificate that the client presented in the end-to-end TLS handshake; null if it presented none. Owned by the
    /// session: do not dispose it.
    /// </summary>
    public X509Certificate2? ClientCertificate { get; internal init; }

    /// <summary>The time of the session's handshake, by the clock of this side.</summary>
    public DateTimeOffset ConnectedSince { get; }

    /// <summary>
    /// Completes without an exception when the session has ended. On a server, the session has then been removed from all lists and groups.
    /// </summary>
    public Task Completion { get; }

    /// <summary>Returns the session id and the transport, for logs.</summary>
    public override string ToString() => $"{Id} over {Transport}";
}
