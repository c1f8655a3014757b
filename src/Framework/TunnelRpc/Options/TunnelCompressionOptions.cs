namespace TunnelRpc;

/// <summary>
/// Compression of messages. Off by default: where a message holds a secret beside text that somebody else chose, its size on
/// the wire tells about the secret. Used on a session when both sides have switched it on.
/// </summary>
public sealed class TunnelCompressionOptions
{
    /// <summary>What this side offers: to send, and to take. Default <see cref="TunnelCompression.None"/>.</summary>
    public TunnelCompression Algorithm { get; set; } = TunnelCompression.None;

    /// <summary>Bytes of an encoded message from which on it is compressed; what does not get smaller is sent as it is. From 64 to 2^30. Default 2,048.</summary>
    public int MinimumSize { get; set; } = 2048;

    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    internal void Validate()
    {
        if (Algorithm is not (TunnelCompression.None or TunnelCompression.Brotli))
        {
            throw new ArgumentOutOfRangeException(nameof(Algorithm), Algorithm, "Compression.Algorithm must be None or Brotli.");
        }

        if (MinimumSize is < 64 or > 1 << 30)
        {
            throw new ArgumentOutOfRangeException(nameof(MinimumSize), MinimumSize, $"Compression.MinimumSize must be from 64 to {1 << 30}.");
        }
    }
}
