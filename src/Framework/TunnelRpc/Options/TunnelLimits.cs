namespace TunnelRpc;

/// <summary>
/// The limits that a client and a server have in common. Each side has its own; the handshake announces <see cref="MaxMessageSize"/>,
/// <see cref="MaxConcurrentCalls"/>, <see cref="StreamWindow"/>, <see cref="MaxPartialMessageBytes"/> and
/// <see cref="MaxPendingCallBytes"/> to the peer, which respects them. The error of a limit that was reached
/// names the limit. Set the limits before the client or the server is created; they are validated then and must not change afterwards. Not
/// thread-safe.
/// </summary>
public class TunnelLimits
{
    /// <summary>The smallest value of <see cref="MaxMessageSize"/>. Every failure message fits into it.</summary>
    internal const int MinMessageSizeLimit = 1024;

    internal TunnelLimits()
    {
    }

    /// <summary>
    /// The size of one message (arguments, result or stream item), in encoded bytes before compression. A call with a larger message fails
    /// with <see cref="TunnelStatus.ResourceExhausted"/> before anything is sent; a peer that sends a larger message loses its session.
    /// From 1,024 to 2^30. Default 4 MiB.
    /// </summary>
    public int MaxMessageSize { get; set; } = 4 << 20;

    /// <summary>
    /// The number of calls of the peer that run or wait at the same time in one session. The peer delays further calls; a peer that opens
    /// more gets <see cref="TunnelStatus.ResourceExhausted"/>. Nested calls, for which a call that is served waits, always make progress:
    /// they may be up to 17 times as many (at least 1,024), and above that fail with <see cref="TunnelStatus.ResourceExhausted"/>. From 1
    /// to 2^20. Default 4,096.
    /// </summary>
    public int MaxConcurrentCalls { get; set; } = 4096;

    /// <summary>
    /// The receive window of one stream when it starts: the bytes of items that the peer may send before this side's reader has consumed
    /// them. The sender waits while the window is used up. It grows up to <see cref="MaxStreamWindow"/>. From 1,024 to 2^30. Default 256
    /// KiB.
    /// </summary>
    public int StreamWindow { get; set; } = 256 << 10;

    /// <summary>
    /// The largest receive window of one stream. A window doubles when the sender had to wait for it although this side's reader keeps up,
    /// as on a path with a long round trip. All streams of a session together hold <see cref="MaxPendingCallBytes"/> at most. With at most
    /// <see cref="StreamWindow"/>, windows do not grow. From 1,024 to 2^30. Default 16 MiB.
    /// </summary>
    public int MaxStreamWindow { get; set; } = 16 << 20;

    /// <summary>
    /// The bytes that one session buffers of messages of which not all fragments have arrived. The peer sends messages above 16 KiB in
    /// fragments, and starts one only while it is below this limit; its small messages pass. One message is always accepted. A peer that
    /// sends more than twice as much loses its session. From 1,024 to 2^31 - 1. Default 16 MiB.
    /// </summary>
    public int MaxPartialMessageBytes { get; set; } = 16 << 20;

    /// <summary>
    /// The bytes that one session buffers for calls, separately for: arguments of the peer's calls that have not ended; items of the peer
    /// that the application has not consumed; and, a sixteenth of it, messages of this side above 16 KiB that wait to be sent. At the
    /// limit the sender waits, before it encodes the next message, so arguments must not change before a call completes. Calls below 1 KiB
    /// do not count, and one message is always accepted. A peer that sends more gets <see cref="TunnelStatus.ResourceExhausted"/> for its
    /// calls, and its streams with many unconsumed items end. From 1,024 to 2^31 - 1. Default 64 MiB.
    /// </summary>
    public int MaxPendingCallBytes { get; set; } = 64 << 20;

    /// <summary>
    /// The capacity of the retransmission buffer: the bytes that were sent and that the peer has not acknowledged. Writers wait at the
    /// limit, and at 1 MiB until the path has turned out to need more. Stream items and messages above 16 KiB wait earlier if the path
    /// needs fewer bytes in flight: from 256 KiB on, or from 24 to 64 KiB while small messages share the path. From 4,096 to 2^30.
    /// Default 16 MiB.
    /// </summary>
    public int MaxUnacknowledgedBytes { get; set; } = 16 << 20;

    /// <summary>
    /// The bytes beyond <see cref="MaxUnacknowledgedBytes"/> that control frames (refusals, credit, cancellation) may occupy, since control
    /// frames never wait. A peer that causes more control frames than it reads loses its session. From 4,096 to 2^30. Default 1 MiB.
    /// </summary>
    public int MaxControlBacklog { get; set; } = 1 << 20;

    /// <summary>
    /// The number of objects of this side to which the peer of one session may hold references. A call that passes one more fails with
    /// <see cref="TunnelStatus.ResourceExhausted"/>. From 1 to 2^24. Default 4,096.
    /// </summary>
    public int MaxReferences { get; set; } = 4096;

    /// <summary>Validates the limits.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A limit is out of its range; the message names the limit and the range.</exception>
    internal virtual void Validate()
    {
        CheckRange(MaxMessageSize, MinMessageSizeLimit, 1 << 30, nameof(MaxMessageSize));
        CheckRange(MaxConcurrentCalls, 1, 1 << 20, nameof(MaxConcurrentCalls));
        CheckRange(StreamWindow, 1024, 1 << 30, nameof(StreamWindow));
        CheckRange(MaxStreamWindow, 1024, 1 << 30, nameof(MaxStreamWindow));
        CheckRange(MaxPartialMessageBytes, 1024, int.MaxValue, nameof(MaxPartialMessageBytes));
        CheckRange(MaxPendingCallBytes, 1024, int.MaxValue, nameof(MaxPendingCallBytes));
        CheckRange(MaxUnacknowledgedBytes, 4096, 1 << 30, nameof(MaxUnacknowledgedBytes));
        CheckRange(MaxControlBacklog, 4096, 1 << 30, nameof(MaxControlBacklog));
        CheckRange(MaxReferences, 1, 1 << 24, nameof(MaxReferences));
    }

    internal static void CheckRange(long value, long minimum, long maximum, string name)
    {
        if (value < minimum || value > maximum)
        {
            throw new ArgumentOutOfRangeException(name, value, $"Limits.{name} must be from {minimum} to {maximum}.");
        }
    }
}
