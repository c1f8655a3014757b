namespace TunnelRpc.Client;

/// <summary>The state of a client.</summary>
public enum TunnelClientState
{
    /// <summary>
    /// There is no session, and the client does not connect: no caller waits for a session, and the client does not stay connected.
    /// </summary>
    Idle,

    /// <summary>There is no session. A connect attempt is in progress, or the client waits for the next one.</summary>
    Connecting,

    /// <summary>There is a session with a path.</summary>
    Connected,

    /// <summary>
    /// The path of the session was disconnected, and the client tries to resume the session on another path. Calls wait; no data is lost.
    /// </summary>
    Resuming,

    /// <summary>The client is disposed.</summary>
    Closed,
}
