namespace TunnelRpc.Load.Targets;

/// <summary>What a system offers to be measured.</summary>
[Flags]
internal enum Capabilities
{
    None = 0,

    /// <summary>Echoes, from the client to the server.</summary>
    Calls = 1,

    /// <summary>Echoes, from the server to the client.</summary>
    CallBacks = 2,

    /// <summary>Items from the server.</summary>
    ItemsDown = 4,

    /// <summary>Items from the client.</summary>
    ItemsUp = 8,

    /// <summary>Items answered by items.</summary>
    ItemsBoth = 16,

    /// <summary>Bytes each way.</summary>
    Bulk = 32,
}
