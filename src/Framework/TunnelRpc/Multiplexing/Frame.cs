namespace TunnelRpc.Multiplexing;

/// <summary>
/// The layout of a frame: length (varint), type and flags (one byte), stream id (varint), body. The length counts everything after it.
/// </summary>
internal static class Frame
{
    /// <summary>
    /// The largest body that this side sends in one frame, chosen so that the length takes two bytes. A larger message is sent in FRAGMENT
    /// frames.
    /// </summary>
    public const int MaxFragmentSize = (16 << 10) - 1 - 1 - VarInt.MaxSize;

    /// <summary>The largest frame that this side accepts, without its length field.</summary>
    public const int MaxSize = 64 << 10;

    /// <summary>The largest size of length, type and stream id.</summary>
    public const int MaxHeaderSize = VarInt.MaxSize + 1 + VarInt.MaxSize;

    /// <summary>Writes everything but the body. Returns the number of bytes.</summary>
    public static int WriteHeader(Span<byte> destination, FrameType type, FrameFlags flags, ulong streamId, int bodyLength)
    {
        int size = VarInt.Write(destination, (ulong)(1 + VarInt.Size(streamId) + bodyLength));
        destination[size++] = (byte)((byte)type | (byte)flags);
        return size + VarInt.Write(destination[size..], streamId);
    }
}
