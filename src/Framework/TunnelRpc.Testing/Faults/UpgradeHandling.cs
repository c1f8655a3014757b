namespace TunnelRpc.Testing.Faults;

/// <summary>Which upgrade requests (RFC 9110, 7.8) a <see cref="FaultProxy"/> forwards with their Upgrade header.</summary>
public enum UpgradeHandling
{
    /// <summary>All, as reverse proxies that are configured for upgrades.</summary>
    Pass,

    /// <summary>
    /// Only the token "websocket". The proxy removes the Upgrade header with any other token, as Apache's <c>upgrade=websocket</c> does.
    /// </summary>
    PassWebSocket,

    /// <summary>None: the proxy removes the header, as most proxies do by default.</summary>
    Strip,
}
