namespace TunnelRpc;

/// <summary>The compression of large messages.</summary>
public enum TunnelCompression
{
    /// <summary>No compression.</summary>
    None = 0,

    /// <summary>Brotli (RFC 7932) at a fast level.</summary>
    Brotli = 1,
}
