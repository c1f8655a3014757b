namespace TunnelRpc.Lab;

/// <summary>What a client speaks to the proxy (a reverse one), or to the server behind it (a forward one).</summary>
internal enum FrontendProtocol
{
    /// <summary>HTTP/1.1 without TLS.</summary>
    Http,

    /// <summary>HTTP/1.1 over TLS.</summary>
    Https,

    /// <summary>HTTP/2 or HTTP/1.1 over TLS, as the client asks by ALPN.</summary>
    Http2,
}
