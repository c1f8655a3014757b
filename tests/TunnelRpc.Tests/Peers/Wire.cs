using System.Buffers.Binary;
using TunnelRpc.Multiplexing;
using TunnelRpc.Sessions;

namespace TunnelRpc.Tests.Peers;

/// <summary>Encodes records and frames.</summary>
internal static class Wire
{
    public static byte[] Record(RecordType type, params ReadOnlySpan<byte> payload)
    {
        byte[] record = new byte[TunnelRpc.Sessions.RecordHeader.Size + payload.Length];
        TunnelRpc.Sessions.RecordHeader.Write(record, type, payload.Length);
        payload.CopyTo(record.AsSpan(TunnelRpc.Sessions.RecordHeader.Size));
        return record;
    }

    public static byte[] Number(RecordType type, ulong value)
    {
        byte[] payload = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(payload, value);
        return Record(type, payload);
    }

    public static byte[] Frame(FrameType type, FrameFlags flags, ulong stream, params ReadOnlySpan<byte> body)
    {
        byte[] frame = new byte[TunnelRpc.Multiplexing.Frame.MaxHeaderSize + body.Length];
        int size = TunnelRpc.Multiplexing.Frame.WriteHeader(frame, type, flags, stream, body.Length);
        body.CopyTo(frame.AsSpan(size));
        return frame[..(size + body.Length)];
    }

    public static byte[] VarInt(ulong value)
    {
        byte[] bytes = new byte[8];
        return bytes[..TunnelRpc.Multiplexing.VarInt.Write(bytes, value)];
    }
}
