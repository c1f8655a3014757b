using System.Buffers.Binary;

namespace TunnelRpc.Transports.Legs;

/// <summary>Writes records. Stateless.</summary>
internal static class LegRecordWriter
{
    public const int HeaderBytes = 4;

    /// <summary>The size of every record that is neither data nor padding.</summary>
    public const int ControlRecordBytes = HeaderBytes + sizeof(long);

    public const int MaxPayloadBytes = (1 << 24) - 1;

    public static void WriteHeader(Span<byte> destination, LegRecordType type, int length)
        => BinaryPrimitives.WriteUInt32BigEndian(destination, ((uint)type << 24) | (uint)length);

    public static void WriteControl(Span<byte> destination, LegRecordType type, long value)
    {
        WriteHeader(destination, type, sizeof(long));
        BinaryPrimitives.WriteInt64BigEndian(destination[HeaderBytes..], value);
    }
}
