namespace TunnelRpc;

/// <summary>
/// How a call's large messages and streams share a session with others that have something to send: by 16 to 4 to 1.
/// Messages that fit one frame wait for nothing, whatever their priority.
/// </summary>
public enum TunnelPriority
{
    /// <summary>The default.</summary>
    Normal = 0,

    /// <summary>Before others: four times the share of normal.</summary>
    High = 1,

    /// <summary>Behind others: a quarter of the share of normal.</summary>
    Low = 2,
}
