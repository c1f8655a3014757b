using System.Buffers.Binary;

namespace TunnelRpc.Sessions;

/// <summary>The header of a record: type:u8 length:u24.</summary>
internal static class RecordHeader
{
    public const int Size = 4;

    /// <summary>The largest payload, in bytes, of a record that is neither DATA nor ignorable.</summary>
    public const int MaxControlPayloadSize = 4096;

    /// <summary>The largest payload that a header can announce, in bytes.</summary>
    public const int MaxPayloadSize = (1 << 24) - 1;

    public static void Write(Span<byte> destination, RecordType type, int length) =>
        BinaryPrimitives.WriteUInt32BigEndian(destination, ((uint)type << 24) | (uint)length);

    public static (RecordType Type, int Length) Read(ReadOnlySpan<byte> source)
    {
        uint header = BinaryPrimitives.ReadUInt32BigEndian(source);
        return ((RecordType)(header >> 24), (int)(header & MaxPayloadSize));
    }

    /// <summary>Checks a header before its payload is awaited.</summary>
    /// <exception cref="TunnelProtocolException">The type is unknown and not ignorable, or the payload is too long.</exception>
    public static void Validate(RecordType type, int length)
    {
        bool isIgnorable = ((byte)type & 0x80) != 0;
        if (isIgnorable || type == RecordType.Data)
        {
            return;
        }

        if (type is < RecordType.Hello or > RecordType.Start)
        {
            throw new TunnelProtocolException(
                $"Expected a record of type 0x01 to 0x0B (or one to skip, 0x80 and up), got 0x{(byte)type:X2}.");
        }

        if (length > MaxControlPayloadSize)
        {
            throw new TunnelProtocolException($"Expected a {type} record of at most {MaxControlPayloadSize} bytes, got one of {length}.");
        }
    }
}
