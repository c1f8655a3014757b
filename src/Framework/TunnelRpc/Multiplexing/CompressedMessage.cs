using System.Buffers;
using System.IO.Compression;
using System.Numerics;

namespace TunnelRpc.Multiplexing;

/// <summary>
/// The format of a message whose frame has the flag Compressed: the uncompressed size as a varint, then one complete Brotli stream (RFC
/// 7932). The size comes first, so that the receiver can refuse the message, or rent memory for it, before it decompresses anything.
/// </summary>
internal static class CompressedMessage
{
    // The fastest useful level: it saves most of the bytes in a fraction of the time.
    private const int BrotliQuality = 1;

    // The window sizes in use: from Brotli's smallest (RFC 7932, section 9.1) to .NET's default, which is below Brotli's largest of 24.
    private const int MinWindowBits = 10;
    private const int MaxWindowBits = 22;

    /// <summary>
    /// Compresses into a rented array, which the caller returns. False, with an empty array, if the message does not become smaller.
    /// </summary>
    public static bool TryCompress(ReadOnlySpan<byte> message, out byte[] rented, out int length)
    {
        rented = ArrayPool<byte>.Shared.Rent(message.Length);
        int headerLength = VarInt.Write(rented, (ulong)message.Length);

        // The window is no larger than the message, as the receiver allocates it.
        int window = Math.Clamp(BitOperations.Log2((uint)message.Length) + 1, MinWindowBits, MaxWindowBits);
        Span<byte> destination = rented.AsSpan(headerLength, message.Length - headerLength - 1);
        if (BrotliEncoder.TryCompress(message, destination, out int written, BrotliQuality, window))
        {
            length = headerLength + written;
            return true;
        }

        ArrayPool<byte>.Shared.Return(rented);
        rented = [];
        length = 0;
        return false;
    }

    /// <summary>The uncompressed size of a message, as it says; 0 if it says nothing useful.</summary>
    public static int ReadSize(ReadOnlySpan<byte> body) =>
        VarInt.TryRead(body, out ulong announced, out _) && announced <= int.MaxValue ? (int)announced : 0;

    /// <summary>
    /// Decompresses into a rented array, which the caller returns; its first <paramref name="size"/> bytes are the message.
    /// </summary>
    /// <exception cref="TunnelException">The message exceeds the limit (ResourceExhausted), or is corrupt (DataLoss).</exception>
    public static byte[] Decompress(ReadOnlySpan<byte> body, int limit, out int size)
    {
        if (!VarInt.TryRead(body, out ulong announced, out int headerLength) || announced <= (ulong)body.Length)
        {
            throw CorruptMessageError(
                $"Expected a compressed message that starts with its uncompressed size, which is larger than its {body.Length} bytes, "
                + "got no such size.");
        }

        if (announced > (ulong)limit)
        {
            throw new TunnelException(
                TunnelStatus.ResourceExhausted,
                $"Expected a message of at most {limit} bytes (limit MaxMessageSize), "
                + $"got one of {body.Length} compressed bytes with {announced} bytes uncompressed.");
        }

        size = (int)announced;
        byte[] rented = ArrayPool<byte>.Shared.Rent(size);
        using var decoder = new BrotliDecoder();
        OperationStatus status = decoder.Decompress(body[headerLength..], rented.AsSpan(0, size), out int consumed, out int written);
        if (status == OperationStatus.Done && consumed == body.Length - headerLength && written == size)
        {
            return rented;
        }

        ArrayPool<byte>.Shared.Return(rented);
        throw CorruptMessageError(
            $"Expected one complete Brotli stream of {size} bytes uncompressed, "
            + $"got {body.Length - headerLength} bytes that are corrupt, truncated, or of another size.");
    }

    private static TunnelException CorruptMessageError(string message) => new(TunnelStatus.DataLoss, message);
}
