namespace TunnelRpc.Sessions;

/// <summary>What an interval's end asks for.</summary>
internal enum KeepAliveAction
{
    /// <summary>There was traffic both ways.</summary>
    None,

    /// <summary>Send a PING.</summary>
    Ping,

    /// <summary>The path is dead.</summary>
    Disconnect,
}
