using System.Security.Claims;

namespace TunnelRpc;

/// <summary>
/// The options of a server. They are validated when the server is created and must not change afterwards. Not thread-safe.
/// </summary>
public sealed class TunnelServerOptions : TunnelOptions
{
    /// <summary>Creates options with the defaults.</summary>
    public TunnelServerOptions()
        : base(new TunnelServerLimits())
    {
    }

    /// <summary>The limits of the server. The error of a limit that was reached names the limit.</summary>
    public new TunnelServerLimits Limits => (TunnelServerLimits)base.Limits;

    /// <summary>
    /// The time that one handshake may take, the TLS handshake included. A connection whose handshake takes longer is closed. More than
    /// zero, at most a day. Default 10 s.
    /// </summary>
    public TimeSpan HandshakeTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The time that a stopping server lets running calls continue, in both directions, before it ends their sessions; and the time that it
    /// then waits for the cancelled calls. More than zero, at most a day. Default 5 s.
    /// </summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether the server serves <see cref="Diagnostics.IProbe"/>, with which <c>tunnelrpc probe</c> checks whether calls get through. The
    /// probe reveals nothing of the application; every client that may open a tunnel may use it. Default on.
    /// </summary>
    public bool EnableProbe { get; set; } = true;

    /// <summary>
    /// Whether calls are refused, and sessions are closed, when the authentication of their user has expired. The time of expiry is that of
    /// the authentication ticket: of a bearer token, or of a cookie. Default on.
    /// </summary>
    public bool EnforceUserExpiry { get; set; } = true;

    /// <summary>
    /// How long after the expiry of a user's authentication new calls still run, for clocks that differ. Later calls fail with
    /// <see cref="TunnelStatus.Unauthenticated"/>, and running ones continue. Zero to a day. Default 30 s.
    /// </summary>
    public TimeSpan UserExpiryTolerance { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a session stays open after that, for a refresh of the authentication, before it is closed with
    /// <see cref="TunnelStatus.Unauthenticated"/>. Zero to a day. Default 2 minutes.
    /// </summary>
    public TimeSpan ExpiredSessionTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Returns the id of an authenticated user, or null for none. Called a few times for each connection; must be thread-safe. If it
    /// throws, the connection is refused with <see cref="TunnelStatus.Unavailable"/>, and the exception is logged. Default: the claim of
    /// the name identifier, the claim "sub" or the name.
    /// </summary>
    public Func<ClaimsPrincipal, string?> UserIdSelector { get; set; } = Hosting.SessionUsers.SelectId;

    /// <summary>
    /// What a broadcast does with a session that does not take its calls, unless its stub sets a policy. Default
    /// <see cref="TunnelBroadcastPolicy.Wait"/> with 5 s: the caller waits for slow sessions, but for none of them longer than that.
    /// </summary>
    public TunnelBroadcastPolicy BroadcastPolicy { get; set; } = TunnelBroadcastPolicy.Default;

    /// <summary>End-to-end TLS inside of every path, with the server's certificate. Null offers none. Default null.</summary>
    public TunnelServerTlsOptions? EndToEndTls { get; set; }

    internal override TimeSpan CallEndTimeout => ShutdownTimeout;

    internal override void Validate()
    {
        base.Validate();
        CheckDuration(HandshakeTimeout, nameof(HandshakeTimeout));
        CheckDuration(ShutdownTimeout, nameof(ShutdownTimeout));
        CheckDuration(UserExpiryTolerance, nameof(UserExpiryTolerance), allowZero: true);
        CheckDuration(ExpiredSessionTimeout, nameof(ExpiredSessionTimeout), allowZero: true);
        ArgumentNullException.ThrowIfNull(UserIdSelector);
        ArgumentNullException.ThrowIfNull(BroadcastPolicy);
        EndToEndTls?.Validate();
    }
}
