using System.Buffers.Binary;

namespace TunnelRpc.Sessions;

/// <summary>The limits that a side sends in HELLO or WELCOME. The peer must not exceed them.</summary>
/// <param name="StreamWindow">The initial flow control window of a stream, in bytes.</param>
/// <param name="MaxMessageSize">The largest message, in bytes.</param>
/// <param name="MaxConcurrentCalls">The number of calls that the peer may have open at the same time.</param>
/// <param name="MaxPartialMessageBytes">
/// In bytes. The peer starts the fragments of a message only while those of unfinished messages are below this.
/// </param>
/// <param name="MaxPendingCallBytes">
/// In bytes. The peer sends a call only while the arguments of its open calls are below this, and an item only while the items that are not
/// consumed are.
/// </param>
internal readonly record struct PeerLimits(
    int StreamWindow, int MaxMessageSize, int MaxConcurrentCalls, int MaxPartialMessageBytes, int MaxPendingCallBytes)
{
    public const int Size = 20;

    public static PeerLimits From(TunnelLimits limits) => new(
        limits.StreamWindow,
        limits.MaxMessageSize,
        limits.MaxConcurrentCalls,
        limits.MaxPartialMessageBytes,
        limits.MaxPendingCallBytes);

    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteInt32BigEndian(destination, StreamWindow);
        BinaryPrimitives.WriteInt32BigEndian(destination[4..], MaxMessageSize);
        BinaryPrimitives.WriteInt32BigEndian(destination[8..], MaxConcurrentCalls);
        BinaryPrimitives.WriteInt32BigEndian(destination[12..], MaxPartialMessageBytes);
        BinaryPrimitives.WriteInt32BigEndian(destination[16..], MaxPendingCallBytes);
    }

    /// <exception cref="TunnelProtocolException">A limit is out of its range.</exception>
    public static PeerLimits Read(ReadOnlySpan<byte> source) => new(
        Read(source, 1, 1 << 30, "stream window"),
        Read(source[4..], TunnelLimits.MinMessageSizeLimit, 1 << 30, "message size"),
        Read(source[8..], 1, 1 << 30, "concurrent calls"),
        Read(source[12..], 1, int.MaxValue, "partial message bytes"),
        Read(source[16..], 1, int.MaxValue, "pending call bytes"));

    private static int Read(ReadOnlySpan<byte> source, int min, int max, string name)
    {
        int value = BinaryPrimitives.ReadInt32BigEndian(source);
        return value >= min && value <= max
            ? value
            : throw new TunnelProtocolException(
                $"Expected the peer's limit of {name} from {min} to {(max == 1 << 30 ? "2^30" : "2^31 - 1")}, got {(uint)value}.");
    }
}
