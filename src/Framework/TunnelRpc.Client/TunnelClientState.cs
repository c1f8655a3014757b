namespace TunnelRpc.Client;

/// <summary>What a client does about its tunnel.</summary>
public enum TunnelClientState
{
    /// <summary>There is no session, and none is being made: nothing has asked for one, or trying was given up.</summary>
    Idle,

    /// <summary>There is no session; one is being made, or the next try is waited for.</summary>
    Connecting,

    /// <summary>A session is up.</summary>
    Connected,

    /// <summary>The session has lost its path, and another one is looked for. Calls wait; nothing is lost.</summary>
    Resuming,

    /// <summary>The client is disposed.</summary>
    Closed,
}
