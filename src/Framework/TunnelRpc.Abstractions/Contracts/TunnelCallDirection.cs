namespace TunnelRpc;

/// <summary>The direction of a call, as this side sees it.</summary>
public enum TunnelCallDirection
{
    /// <summary>This side makes the call.</summary>
    Outgoing,

    /// <summary>This side serves the call.</summary>
    Incoming,
}
