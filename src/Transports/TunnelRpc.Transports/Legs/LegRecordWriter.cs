using System.Buffers.Binary;

namespace TunnelRpc.Transports.Legs;

/// <summary>Writes records.</summary>
internal static class LegRecordWriter
{
    public const int HeaderBytes = 4;

    /// <summary>All records that are neither data nor padding have this size.</summary>
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
