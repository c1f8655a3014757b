namespace TunnelRpc;

/// <summary>
/// The compression of messages. A session uses it if both sides enable it. It is off by default: if a message contains both a secret and
/// text that an attacker chooses, the size of the compressed message reveals information about the secret (as CRIME and BREACH exploit).
/// Not thread-safe.
/// </summary>
public sealed class TunnelCompressionOptions
{
    /// <summary>The algorithm that this side offers, for sending and receiving. Default <see cref="TunnelCompression.None"/>.</summary>
    public TunnelCompression Algorithm { get; set; } = TunnelCompression.None;

    /// <summary>
    /// The size, in encoded bytes, from which on a message is compressed. A message that compression does not make smaller is sent
    /// uncompressed. From 64 to 2^30. Default 2,048.
    /// </summary>
    public int MinimumSize { get; set; } = 2048;

    /// <summary>Validates the options.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range; the message names the option and the range.</exception>
    internal void Validate()
    {
        if (Algorithm is not (TunnelCompression.None or TunnelCompression.Brotli))
        {
            throw new ArgumentOutOfRangeException(nameof(Algorithm), Algorithm, "Compression.Algorithm must be None or Brotli.");
        }

        if (MinimumSize is < 64 or > 1 << 30)
        {
            throw new ArgumentOutOfRangeException(
                nameof(MinimumSize), MinimumSize, $"Compression.MinimumSize must be from 64 to {1 << 30}.");
        }
    }
}
