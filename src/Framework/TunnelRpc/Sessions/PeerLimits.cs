using System.Buffers.Binary;

namespace TunnelRpc.Sessions;

/// <summary>The limits that a side sends in HELLO or WELCOME. The peer must not exceed them.</summary>
/// <param name="StreamWindow">The initial flow control window of a stream, in bytes.</param>
/// <param name="MaxMessageSize">The largest message, in bytes.</param>
/// <param name="MaxConcurrentCalls">The number of calls that the peer may have open at the same time.</param>
internal readonly record struct PeerLimits(int StreamWindow, int MaxMessageSize, int MaxConcurrentCalls)
{
    public const int Size = 12;

    public static PeerLimits From(TunnelLimits limits) => new(limits.StreamWindow, limits.MaxMessageSize, limits.MaxConcurrentCalls);

    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteInt32BigEndian(destination, StreamWindow);
        BinaryPrimitives.WriteInt32BigEndian(destination[4..], MaxMessageSize);
        BinaryPrimitives.WriteInt32BigEndian(destination[8..], MaxConcurrentCalls);
    }

    /// <exception cref="TunnelProtocolException">A limit is out of its range.</exception>
    public static PeerLimits Read(ReadOnlySpan<byte> source) => new(
        Read(source, 1, "stream window"),
        Read(source[4..], TunnelLimits.MinMessageSizeLimit, "message size"),
        Read(source[8..], 1, "concurrent calls"));

    private static int Read(ReadOnlySpan<byte> source, int min, string name)
    {
        int value = BinaryPrimitives.ReadInt32BigEndian(source);
        return value >= min && value <= 1 << 30
            ? value
            : throw new TunnelProtocolException($"Expected the peer's limit of {name} from {min} to 2^30, got {(uint)value}.");
    }
}
