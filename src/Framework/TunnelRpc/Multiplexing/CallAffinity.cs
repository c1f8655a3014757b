namespace TunnelRpc.Multiplexing;

/// <summary>Whether an outgoing call may be made on another session, and so whether it may still be sent while this one drains.</summary>
internal enum CallAffinity
{
    /// <summary>The call may be made on any session. It is not sent while the session drains.</summary>
    AnySession = 0,

    /// <summary>
    /// The call belongs to this session: it calls a reference of the session, or is a one-way call made while serving a call of the peer.
    /// </summary>
    ThisSession,

    /// <summary>The call is nested in a running call and carries its chain id. The running call may wait for it.</summary>
    Nested,
}
