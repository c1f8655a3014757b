namespace TunnelRpc.Simulation.Network;

/// <summary>When a side detects that its link is broken.</summary>
internal enum FailureDetection
{
    Immediate,
    Delayed,

    /// <summary>The link is half-open for this side: bytes that it writes are dropped, and none arrive.</summary>
    Never,
}
