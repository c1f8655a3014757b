using System.Buffers.Binary;
using System.Text;

namespace TunnelRpc.Sessions;

/// <summary>The server's refusal of a HELLO. REFUSE: status:u8 retryAfterSeconds:u32 reason(UTF-8, to the end).</summary>
/// <param name="Status">Never Ok.</param>
/// <param name="RetryAfter">The earliest time for another attempt, in whole seconds; zero if the server does not state one.</param>
/// <param name="Reason">For people. Cut at 1024 bytes on the wire, and escaped when it is received.</param>
internal sealed record Refusal(TunnelStatus Status, TimeSpan RetryAfter, string Reason)
{
    public byte[] ToPayload()
    {
        byte[] reason = Encoding.UTF8.GetBytes(Reason);
        byte[] payload = new byte[5 + Math.Min(reason.Length, 1024)];
        payload[0] = (byte)Status;
        BinaryPrimitives.WriteUInt32BigEndian(payload.AsSpan(1), (uint)RetryAfter.TotalSeconds);
        reason.AsSpan(0, payload.Length - 5).CopyTo(payload.AsSpan(5));
        return payload;
    }

    /// <exception cref="TunnelProtocolException">The payload is not a REFUSE.</exception>
    public static Refusal Parse(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < 5)
        {
            throw new TunnelProtocolException($"Expected a REFUSE of at least 5 bytes, got {payload.Length}.");
        }

        return new Refusal(
            StatusByte.ReadFailure(payload[0]),
            TimeSpan.FromSeconds(BinaryPrimitives.ReadUInt32BigEndian(payload[1..])),
            ForeignText.Escape(Encoding.UTF8.GetString(payload[5..])));
    }
}
