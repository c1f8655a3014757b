namespace TunnelRpc;

/// <summary>
/// The priority of a call's fragments and stream items in the send scheduler of the session: the shares of high, normal and low are
/// 16 to 4 to 1. Messages that fit into one frame are not scheduled, whatever their priority.
/// </summary>
public enum TunnelPriority
{
    /// <summary>The default priority.</summary>
    Normal = 0,

    /// <summary>Four times the share of normal.</summary>
    High = 1,

    /// <summary>A quarter of the share of normal.</summary>
    Low = 2,
}
