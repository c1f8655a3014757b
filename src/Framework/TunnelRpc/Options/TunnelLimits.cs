namespace TunnelRpc;

/// <summary>
/// Every bound of a tunnel, with its default. An error that comes of hitting one names it. Set before the tunnel is made;
/// each side has its own, and tells the other those that the other must keep.
/// </summary>
public sealed class TunnelLimits
{
    /// <summary>Any failure fits a message of this size.</summary>
    internal const int MinMessageSizeLimit = 1024;

    /// <summary>Bytes of one message (arguments, result or stream element), encoded. Default 4 MiB.</summary>
    public int MaxMessageSize { get; set; } = 4 << 20;

    /// <summary>Calls of the peer that run or wait at once in one session; more are refused. Default 4,096.</summary>
    public int MaxConcurrentCalls { get; set; } = 4096;

    /// <summary>Bytes that one stream may have under way before its reader has taken them. Default 256 KiB.</summary>
    public int StreamWindow { get; set; } = 256 << 10;

    /// <summary>Bytes of messages that one session may hold half received. Default 16 MiB.</summary>
    public int MaxPartialMessageBytes { get; set; } = 16 << 20;

    /// <summary>
    /// Bytes that one session may hold for calls: arguments of the peer's calls that run, stream elements that nobody has taken, messages that
    /// wait to be sent. Past it calls of the peer are refused; calls, elements and answers of this side that would have to wait fail; and a stream
    /// ends that gets elements while it has many that nobody takes. Messages below 1 KiB do not count; one is let in always. Default 128 MiB.
    /// </summary>
    public int MaxPendingCallBytes { get; set; } = 128 << 20;

    /// <summary>Bytes sent that the peer has not acknowledged yet; then writers wait. Default 1 MiB.</summary>
    public int MaxUnacknowledgedBytes { get; set; } = 1 << 20;

    /// <summary>
    /// Bytes past <see cref="MaxUnacknowledgedBytes"/> that control frames (refusals, credit, cancellation) may take, since they never wait;
    /// a peer that causes more without reading them loses its session. Default 1 MiB.
    /// </summary>
    public int MaxControlBacklog { get; set; } = 1 << 20;

    /// <summary>Objects of this side that the peer of one session may hold references to; a call that passes one more fails. Default 4,096.</summary>
    public int MaxReferences { get; set; } = 4096;

    /// <summary>Groups of a server that one session may be in at once; joining one more fails. Default 1,024.</summary>
    public int MaxGroupsPerSession { get; set; } = 1024;

    /// <summary>Sessions of one server at once; more are refused. Default 100,000.</summary>
    public int MaxSessions { get; set; } = 100_000;

    /// <summary>Handshakes of one server that are not finished; more are refused. Default 10,000.</summary>
    public int MaxPendingHandshakes { get; set; } = 10_000;

    /// <summary>
    /// Bytes that all sessions of one server may hold, in send buffers, messages half received and for calls. From three quarters on new
    /// sessions are refused; past it those are ended that were not heard of for the longest. Default 1 GiB.
    /// </summary>
    public long MaxTotalBufferedBytes { get; set; } = 1 << 30;

    /// <exception cref="ArgumentOutOfRangeException">A limit is out of its range.</exception>
    internal void Validate()
    {
        Check(MaxMessageSize, MinMessageSizeLimit, 1 << 30, nameof(MaxMessageSize));
        Check(MaxConcurrentCalls, 1, 1 << 20, nameof(MaxConcurrentCalls));
        Check(StreamWindow, 1024, 1 << 30, nameof(StreamWindow));
        Check(MaxPartialMessageBytes, 1024, int.MaxValue, nameof(MaxPartialMessageBytes));
        Check(MaxPendingCallBytes, 1024, int.MaxValue, nameof(MaxPendingCallBytes));
        Check(MaxUnacknowledgedBytes, 4096, 1 << 30, nameof(MaxUnacknowledgedBytes));
        Check(MaxControlBacklog, 4096, 1 << 30, nameof(MaxControlBacklog));
        Check(MaxReferences, 1, 1 << 24, nameof(MaxReferences));
        Check(MaxGroupsPerSession, 1, 1 << 20, nameof(MaxGroupsPerSession));
        Check(MaxSessions, 1, int.MaxValue, nameof(MaxSessions));
        Check(MaxPendingHandshakes, 1, int.MaxValue, nameof(MaxPendingHandshakes));
        Check(MaxTotalBufferedBytes, 1 << 20, 1L << 50, nameof(MaxTotalBufferedBytes));

        static void Check(long value, long least, long most, string name)
        {
            if (value < least || value > most)
            {
                throw new ArgumentOutOfRangeException(name, value, $"Limits.{name} must be from {least} to {most}.");
            }
        }
    }
}
