namespace TunnelRpc.Multiplexing;

/// <summary>A frame's layout: length:varint head:u8 stream:varint body; the length counts all that follows it.</summary>
internal static class Frame
{
    /// <summary>The largest body sent in one frame, so that the length takes two bytes; larger messages go in PART frames.</summary>
    public const int MaxFragmentSize = (16 << 10) - 1 - 1 - VarInt.MaxSize;

    /// <summary>The largest frame accepted, without its length.</summary>
    public const int MaxSize = 64 << 10;

    public const int MaxHeaderSize = VarInt.MaxSize + 1 + VarInt.MaxSize;

    public static int WriteHeader(Span<byte> destination, FrameType type, FrameFlags flags, ulong streamId, int bodyLength)
    {
        int size = VarInt.Write(destination, (ulong)(1 + VarInt.Size(streamId) + bodyLength));
        destination[size++] = (byte)((byte)type | (byte)flags);
        return size + VarInt.Write(destination[size..], streamId);
    }
}
