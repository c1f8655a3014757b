namespace TunnelRpc.Load.Targets;

/// <summary>The features of a system that can be measured.</summary>
[Flags]
internal enum Capabilities
{
    None = 0,

    /// <summary>Echo calls from the client to the server.</summary>
    Calls = 1,

    /// <summary>Echo calls from the server to the client.</summary>
    CallBacks = 2,

    /// <summary>A stream of items from the server.</summary>
    ItemsDown = 4,

    /// <summary>A stream of items from the client.</summary>
    ItemsUp = 8,

    /// <summary>A stream of items from the client, each of which the server sends back.</summary>
    ItemsBoth = 16,

    /// <summary>Bulk transfers in each direction.</summary>
    Bulk = 32,
}
