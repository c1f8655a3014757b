namespace TunnelRpc.Accounting;

/// <summary>What a <see cref="ClientPartition"/> counts.</summary>
internal enum PartitionResource
{
    /// <summary>Sessions; the limit is <see cref="TunnelPartitionLimits.MaxSessions"/>.</summary>
    Session,

    /// <summary>Handshakes in progress; the limit is <see cref="TunnelPartitionLimits.MaxPendingHandshakes"/>.</summary>
    PendingHandshake,

    /// <summary>
    /// Leg connections without an upload leg; the limit is <see cref="TunnelPartitionLimits.MaxPendingLegConnections"/>.
    /// </summary>
    PendingLegConnection,

    /// <summary>Running calls; the limit is <see cref="TunnelPartitionLimits.MaxConcurrentCalls"/>.</summary>
    IncomingCall,

    /// <summary>References that clients hold; the limit is <see cref="TunnelPartitionLimits.MaxReferences"/>.</summary>
    Reference,
}
