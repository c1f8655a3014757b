namespace TunnelRpc.Testing.Faults;

/// <summary>What a <see cref="FaultProxy"/> understands of what it relays.</summary>
public enum FaultLevel
{
    /// <summary>
    /// HTTP/1.1: heads, Content-Length and chunked bodies, 100-continue, upgrades, CONNECT (RFC 9110 and 9112). HTTP/2 is answered with
    /// 400 and closed. Each request is forwarded on a connection of its own.
    /// </summary>
    Http,

    /// <summary>Nothing: every TCP connection is relayed to the upstream as it is, whatever is spoken on it. Faults of requests do not apply.</summary>
    Tcp,
}
