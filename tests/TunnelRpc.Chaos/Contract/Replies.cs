using System.Buffers.Binary;

namespace TunnelRpc.Chaos.Contract;

/// <summary>Computes the reply to a numbered call, which differs from that of every other call. Stateless.</summary>
internal static class Replies
{
    /// <summary>Returns the number, followed by the payload combined with the number.</summary>
    public static byte[] For(long number, ReadOnlySpan<byte> payload)
    {
        byte[] reply = new byte[sizeof(long) + payload.Length];
        BinaryPrimitives.WriteInt64BigEndian(reply, number);
        for (int i = 0; i < payload.Length; i++)
        {
            reply[sizeof(long) + i] = (byte)(payload[i] + number + i);
        }

        return reply;
    }

    public static bool IsCorrect(long number, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> reply) =>
        reply.SequenceEqual(For(number, payload));
}
