namespace TunnelRpc.Serialization;

/// <summary>Bounds that hold for every value, so that no peer decides what a value costs.</summary>
public static class MessagePackLimits
{
    /// <summary>How deep arrays, maps and objects may nest, in writing and in reading.</summary>
    public const int MaxDepth = 64;

    /// <summary>The longest BigInteger, in bytes.</summary>
    public const int MaxBigIntegerBytes = 4096;

    /// <summary>The longest text of a number or version, in bytes.</summary>
    public const int MaxNumberTextBytes = 64;

    /// <summary>The longest text of a Uri, in bytes: more than <see cref="Uri"/> itself accepted for years, and enough for data URIs of moderate size.</summary>
    public const int MaxUriBytes = 65_519;

    /// <summary>What a collection may reserve before its first element has been read, in bytes, however few bytes are at hand.</summary>
    internal const int MinPreallocationBytes = 4096;
}
