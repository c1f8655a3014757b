namespace TunnelRpc.Lab;

/// <summary>The protocol that the client uses to a reverse proxy, or through a forward proxy to the server.</summary>
internal enum FrontendProtocol
{
    /// <summary>HTTP/1.1 without TLS.</summary>
    Http,

    /// <summary>HTTP/1.1 over TLS.</summary>
    Https,

    /// <summary>HTTP/2 or HTTP/1.1 over TLS; the client selects one by ALPN.</summary>
    Http2,
}
