using System.Buffers.Binary;
using System.Text;

namespace TunnelRpc.Sessions;

/// <summary>CLOSE: status:u8 lastAcceptedStream:u64 reason(UTF-8, to the end).</summary>
/// <param name="Status">Ok for an orderly end.</param>
/// <param name="LastAcceptedStream">The highest stream id of the receiver of CLOSE that its sender has accepted.</param>
/// <param name="Reason">For people. Cut at 1024 bytes on the wire, and escaped when it is received.</param>
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

        ulong lastAcceptedStream = BinaryPrimitives.ReadUInt64BigEndian(payload[1..]);
        string reason = ForeignText.Escape(Encoding.UTF8.GetString(payload[9..]));
        return new CloseMessage(StatusByte.Read(payload[0]), lastAcceptedStream, reason);
    }
}
