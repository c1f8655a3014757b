namespace TunnelRpc.Transports.Legs.Server;

/// <summary>How far a carrier is.</summary>
internal enum LegConnectionPhase
{
    /// <summary>It has no connection yet: nothing came up.</summary>
    Pending,

    /// <summary>It has one.</summary>
    Open,

    /// <summary>The connection is disposed; what was written is still fetched.</summary>
    Closing,

    /// <summary>It is remembered, and nothing else.</summary>
    Ended,
}
