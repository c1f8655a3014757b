using System.Buffers.Binary;
using System.Text;

namespace TunnelRpc.Sessions;

/// <summary>CLOSE: status:u8 lastAcceptedStream:u64 reason(UTF-8, to the end). Status Ok is an orderly end.</summary>
internal sealed record CloseMessage(TunnelStatus Status, ulong LastAcceptedStream, string Reason)
{
    public byte[] ToPayload()
    {
        byte[] reason = Encoding.UTF8.GetBytes(Reason);
        byte[] payload = new byte[9 + Math.Min(reason.Length, 1024)];
        payload[0] = (byte)Status;
        BinaryPrimitives.WriteUInt64BigEndian(payload.AsSpan(1), LastAcceptedStream);
        reason.AsSpan(0, payload.Length - 9).CopyTo(payload.AsSpan(9));
        return payload;
    }

    /// <exception cref="TunnelProtocolException">The payload is not a CLOSE.</exception>
    public static CloseMessage Parse(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < 9)
        {
            throw new TunnelProtocolException($"Expected a CLOSE of at least 9 bytes, got {payload.Length}.");
        }

        return new CloseMessage(StatusByte.Read(payload[0]), BinaryPrimitives.ReadUInt64BigEndian(payload[1..]), Encoding.UTF8.GetString(payload[9..]));
    }
}
