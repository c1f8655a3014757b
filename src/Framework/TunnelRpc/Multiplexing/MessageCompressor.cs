using System.Buffers;
using TunnelRpc.Sessions;

namespace TunnelRpc.Multiplexing;

/// <summary>Decides which messages of a session go out compressed. Thread-safe: it has no state that changes.</summary>
internal sealed class MessageCompressor(SessionFeatures features, TunnelCompressionOptions options)
{
    // Past all messages where compression was not agreed on: the one comparison that others pay.
    private readonly long _minimumSize = (features & SessionFeatures.Brotli) != 0 ? options.MinimumSize : long.MaxValue;

    /// <summary>Whether a message of this size is worth a try.</summary>
    public bool ShouldCompress(int length) => length >= _minimumSize;

    /// <summary>The message as it goes out, and the flag that tells of it. The array is to be given back after use; empty when the message goes as it is.</summary>
    public byte[] Compress(ref ReadOnlyMemory<byte> body, ref FrameFlags flags)
    {
        if (!ShouldCompress(body.Length) || !CompressedMessage.TryCompress(body.Span, out byte[] rented, out int length))
        {
            return [];
        }

        body = rented.AsMemory(0, length);
        flags |= FrameFlags.Compressed;
        return rented;
    }

    /// <summary>Likewise.</summary>
    public byte[] Compress(ref ReadOnlySpan<byte> body, ref FrameFlags flags)
    {
        if (!ShouldCompress(body.Length) || !CompressedMessage.TryCompress(body, out byte[] rented, out int length))
        {
            return [];
        }

        body = rented.AsSpan(0, length);
        flags |= FrameFlags.Compressed;
        return rented;
    }

    /// <summary>Gives back what <see cref="Compress(ref ReadOnlyMemory{byte}, ref FrameFlags)"/> returned.</summary>
    public static void Return(byte[] rented)
    {
        if (rented.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
