namespace TunnelRpc.Testing.Faults;

/// <summary>Which requests for an upgrade (RFC 9110, 7.8) a <see cref="FaultProxy"/> forwards as such.</summary>
public enum UpgradeHandling
{
    /// <summary>All, as reverse proxies that are set up for it.</summary>
    Pass,

    /// <summary>Only the token "websocket"; others lose their Upgrade header, as with Apache's <c>upgrade=websocket</c>.</summary>
    PassWebSocket,

    /// <summary>None: the header is removed, as by the defaults of most proxies.</summary>
    Strip,
}
