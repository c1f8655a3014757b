namespace TunnelRpc.Testing.Faults;

/// <summary>The protocol level at which a <see cref="FaultProxy"/> relays.</summary>
public enum FaultLevel
{
    /// <summary>
    /// HTTP/1.1: heads, Content-Length and chunked bodies, 100-continue, upgrades, CONNECT (RFC 9110 and 9112). The proxy answers HTTP/2
    /// with 400 and closes the connection. It forwards each request on a connection of its own.
    /// </summary>
    Http,

    /// <summary>
    /// TCP: the proxy relays the bytes of every connection to the upstream unchanged, whatever the protocol. Faults of requests do not
    /// apply.
    /// </summary>
    Tcp,
}
