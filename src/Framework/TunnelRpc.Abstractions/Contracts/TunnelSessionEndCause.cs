namespace TunnelRpc;

/// <summary>What has ended a session.</summary>
public enum TunnelSessionEndCause
{
    /// <summary>The client has closed the session in order, for instance because it was disposed.</summary>
    ClosedByClient = 0,

    /// <summary>
    /// The server has closed the session in order: it stops, <see cref="ITunnelSessions"/> has ended the session, or the authentication of
    /// its user has expired.
    /// </summary>
    ClosedByServer = 1,

    /// <summary>The path was lost, and no other one was found within ResumeWindow.</summary>
    PathLost = 2,

    /// <summary>The server has ended the session at once, because of a limit, a violation of the protocol or an error.</summary>
    Aborted = 3,
}
