using System.Buffers.Binary;

namespace TunnelRpc.Transports.Legs;

/// <summary>Writes records.</summary>
internal static class LegRecords
{
    public const int HeadBytes = 4;

    /// <summary>All records that are neither data nor padding have this size.</summary>
    public const int ControlBytes = HeadBytes + sizeof(long);

    public const int MaxPayload = (1 << 24) - 1;

    public static void WriteHead(Span<byte> destination, LegRecordType type, int length)
        => BinaryPrimitives.WriteUInt32BigEndian(destination, ((uint)type << 24) | (uint)length);

    public static void WriteControl(Span<byte> destination, LegRecordType type, long value)
    {
        WriteHead(destination, type, sizeof(long));
        BinaryPrimitives.WriteInt64BigEndian(destination[HeadBytes..], value);
    }
}
