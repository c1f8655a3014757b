namespace TunnelRpc;

/// <summary>Which way a call goes, as this side sees it.</summary>
public enum TunnelCallDirection
{
    /// <summary>This side makes it.</summary>
    Outgoing,

    /// <summary>This side serves it.</summary>
    Incoming,
}
