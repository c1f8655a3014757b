using System.Buffers.Binary;

namespace TunnelRpc.Chaos.Contract;

/// <summary>The answer to a numbered call: no other call has the same. Without state.</summary>
internal static class Replies
{
    /// <summary>The number, then the payload mixed with it.</summary>
    public static byte[] For(long number, ReadOnlySpan<byte> payload)
    {
        byte[] answer = new byte[sizeof(long) + payload.Length];
        BinaryPrimitives.WriteInt64BigEndian(answer, number);
        for (int i = 0; i < payload.Length; i++)
        {
            answer[sizeof(long) + i] = (byte)(payload[i] + number + i);
        }

        return answer;
    }

    public static bool IsCorrect(long number, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> answer) =>
        answer.SequenceEqual(For(number, payload));
}
