namespace TunnelRpc.Serialization;

/// <summary>Limits of every value, which bound the memory and the stack that a peer's data can use.</summary>
public static class MessagePackLimits
{
    /// <summary>The maximum nesting depth of arrays, maps and objects, for writing and for reading.</summary>
    public const int MaxDepth = 64;

    /// <summary>The maximum length of an encoded <see cref="System.Numerics.BigInteger"/>, in bytes.</summary>
    public const int MaxBigIntegerBytes = 4096;

    /// <summary>The maximum length of the text of a <see cref="decimal"/> or a <see cref="Version"/>, in bytes.</summary>
    public const int MaxNumberTextBytes = 64;

    /// <summary>
    /// The maximum length of the text of a <see cref="Uri"/>, in bytes. Earlier versions of .NET limited <see cref="Uri"/> itself to about
    /// this length. It is sufficient for data URIs of moderate size.
    /// </summary>
    public const int MaxUriBytes = 65_519;

    /// <summary>
    /// The memory that a collection may always allocate before its first element is read, in bytes, even if fewer bytes are unread.
    /// </summary>
    internal const int MinPreallocationBytes = 4096;
}
