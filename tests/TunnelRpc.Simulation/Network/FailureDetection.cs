namespace TunnelRpc.Simulation.Network;

/// <summary>When a side learns that its link is dead.</summary>
internal enum FailureDetection
{
    Immediate,
    Delayed,

    /// <summary>The link is half-open for this side: what it writes vanishes, nothing comes.</summary>
    Never,
}
