using System.Buffers;
using System.IO.Compression;
using System.Numerics;

namespace TunnelRpc.Multiplexing;

/// <summary>
/// A message whose frame is flagged as compressed: the size:varint that it has plain, then one whole Brotli stream. The size
/// goes first so that the receiver can refuse it, or take memory for it, before it does any work.
/// </summary>
internal static class CompressedMessage
{
    // The fast end: most of what can be saved, at a fraction of the time.
    private const int BrotliQuality = 1;

    // Brotli's own bounds of its window.
    private const int MinWindowBits = 10;
    private const int MaxWindowBits = 22;

    /// <summary>Compresses into a rented array, which the caller gives back; false when the message does not get smaller.</summary>
    public static bool TryCompress(ReadOnlySpan<byte> message, out byte[] rented, out int length)
    {
        rented = ArrayPool<byte>.Shared.Rent(message.Length);
        int head = VarInt.Write(rented, (ulong)message.Length);

        // No larger a window than the message: the receiver takes memory for it.
        int window = Math.Clamp(BitOperations.Log2((uint)message.Length) + 1, MinWindowBits, MaxWindowBits);
        Span<byte> room = rented.AsSpan(head, message.Length - head - 1);
        if (BrotliEncoder.TryCompress(message, room, out int written, BrotliQuality, window))
        {
            length = head + written;
            return true;
        }

        ArrayPool<byte>.Shared.Return(rented);
        rented = [];
        length = 0;
        return false;
    }

    /// <summary>Decompresses into a rented array, which the caller gives back, and of which <paramref name="size"/> bytes are the message.</summary>
    /// <exception cref="TunnelException">It is above the limit (ResourceExhausted), or damaged (DataLoss).</exception>
    public static byte[] Decompress(ReadOnlySpan<byte> body, int limit, out int size)
    {
        if (!VarInt.TryRead(body, out ulong announced, out int head) || announced <= (ulong)body.Length)
        {
            throw CorruptMessageError($"Expected a compressed message that begins with its size, which is above the {body.Length} bytes that it has compressed, got another.");
        }

        if (announced > (ulong)limit)
        {
            throw new TunnelException(
                TunnelStatus.ResourceExhausted,
                $"Expected a message of at most {limit} bytes (limit MaxMessageSize), got one of {body.Length} compressed bytes that has {announced} plain.");
        }

        size = (int)announced;
        byte[] rented = ArrayPool<byte>.Shared.Rent(size);
        using var decoder = new BrotliDecoder();
        OperationStatus status = decoder.Decompress(body[head..], rented.AsSpan(0, size), out int consumed, out int written);
        if (status == OperationStatus.Done && consumed == body.Length - head && written == size)
        {
            return rented;
        }

        ArrayPool<byte>.Shared.Return(rented);
        throw CorruptMessageError($"Expected one whole Brotli stream of {size} bytes plain, got {body.Length - head} other bytes: a stream that is damaged, cut short, or of another size.");
    }

    private static TunnelException CorruptMessageError(string message) => new(TunnelStatus.DataLoss, message);
}
