using System.Buffers.Binary;

namespace TunnelRpc.Multiplexing;

// Decision: docs/adr/0002-varints-of-rfc-9000.md
/// <summary>
/// Variable-length integers of RFC 9000, section 16: 1, 2, 4 or 8 bytes, big-endian, up to 2^62 - 1. Encodings that are longer than
/// necessary are legal.
/// </summary>
internal static class VarInt
{
    /// <summary>The longest encoding, in bytes.</summary>
    public const int MaxSize = 8;

    /// <summary>The largest value.</summary>
    public const ulong MaxValue = (1UL << 62) - 1;

    /// <summary>Writes the shortest encoding. Returns its size.</summary>
    public static int Write(Span<byte> destination, ulong value)
    {
        switch (value)
        {
            case < 1 << 6:
                destination[0] = (byte)value;
                return 1;
            case < 1 << 14:
                BinaryPrimitives.WriteUInt16BigEndian(destination, (ushort)(value | 0x4000));
                return 2;
            case < 1 << 30:
                BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)value | 0x8000_0000);
                return 4;
            default:
                ArgumentOutOfRangeException.ThrowIfGreaterThan(value, MaxValue);
                BinaryPrimitives.WriteUInt64BigEndian(destination, value | 0xC000_0000_0000_0000);
                return 8;
        }
    }

    /// <summary>The size of the shortest encoding.</summary>
    public static int Size(ulong value) => value switch
    {
        < 1 << 6 => 1,
        < 1 << 14 => 2,
        < 1 << 30 => 4,
        _ => 8,
    };

    /// <summary>Reads one integer from the start of <paramref name="source"/>; false if <paramref name="source"/> ends within it.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out ulong value, out int size)
    {
        value = 0;
        size = 0;
        if (source.IsEmpty)
        {
            return false;
        }

        size = 1 << (source[0] >> 6);
        if (source.Length < size)
        {
            return false;
        }

        value = size switch
        {
            1 => source[0],
            2 => BinaryPrimitives.ReadUInt16BigEndian(source) & 0x3FFFu,
            4 => BinaryPrimitives.ReadUInt32BigEndian(source) & 0x3FFF_FFFFu,
            _ => BinaryPrimitives.ReadUInt64BigEndian(source) & MaxValue,
        };
        return true;
    }
}
