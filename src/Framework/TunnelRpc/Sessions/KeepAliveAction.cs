namespace TunnelRpc.Sessions;

/// <summary>The action at the end of a keepalive interval.</summary>
internal enum KeepAliveAction
{
    /// <summary>None: there was traffic in both directions.</summary>
    None,

    /// <summary>Send a PING.</summary>
    Ping,

    /// <summary>The path is dead: disconnect it.</summary>
    Disconnect,
}
