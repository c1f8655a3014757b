using System.Buffers;
using TunnelRpc.Sessions;

namespace TunnelRpc.Multiplexing;

// Decision: docs/adr/0012-whole-message-compression.md
/// <summary>Decides which outgoing messages of a session are compressed, and compresses them. Thread-safe: immutable.</summary>
internal sealed class MessageCompressor(SessionFeatures features, TunnelCompressionOptions options)
{
    // Above every message size if the handshake did not agree on compression, so that this comparison is the whole cost.
    private readonly long _minimumSize = (features & SessionFeatures.Brotli) != 0 ? options.MinimumSize : long.MaxValue;

    /// <summary>Whether a message of this size is compressed.</summary>
    public bool ShouldCompress(int length) => length >= _minimumSize;

    /// <summary>
    /// Replaces a message by its compressed form and sets the flag, if compression applies and makes it smaller. A message with the flag is
    /// compressed already.
    /// </summary>
    /// <returns>
    /// The rented array of the compressed message, for <see cref="Return"/> after use; an empty array if the message is unchanged.
    /// </returns>
    public byte[] Compress(ref ReadOnlyMemory<byte> body, ref FrameFlags flags)
    {
        if ((flags & FrameFlags.Compressed) != 0
            || !ShouldCompress(body.Length)
            || !CompressedMessage.TryCompress(body.Span, out byte[] rented, out int length))
        {
            return [];
        }

        body = rented.AsMemory(0, length);
        flags |= FrameFlags.Compressed;
        return rented;
    }

    /// <inheritdoc cref="Compress(ref ReadOnlyMemory{byte}, ref FrameFlags)"/>
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

    /// <summary>Returns the array of <see cref="Compress(ref ReadOnlyMemory{byte}, ref FrameFlags)"/> to its pool.</summary>
    public static void Return(byte[] rented)
    {
        if (rented.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
