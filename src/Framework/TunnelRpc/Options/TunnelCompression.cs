namespace TunnelRpc;

/// <summary>How large messages are compressed.</summary>
public enum TunnelCompression
{
    /// <summary>Not at all.</summary>
    None = 0,

    /// <summary>Brotli (RFC 7932), at a fast level.</summary>
    Brotli = 1,
}
