namespace TunnelRpc.Accounting;

/// <summary>A rate that is limited for each partition.</summary>
internal enum PartitionRate
{
    /// <summary>The limit is <see cref="TunnelPartitionLimits.MaxHandshakesPerSecond"/>.</summary>
    Handshakes,

    /// <summary>The limit is <see cref="TunnelPartitionLimits.MaxNewSessionsPerSecond"/>.</summary>
    NewSessions,
}
