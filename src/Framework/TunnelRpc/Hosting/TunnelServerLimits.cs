namespace TunnelRpc;

// Decision: docs/adr/0038-public-api-before-1-0.md
/// <summary>
/// The limits of a server: the limits of each session that clients have too (<see cref="TunnelLimits"/>), and the limits that only a server
/// has. Set them before the server is created; they are validated then and must not change afterwards. Not thread-safe.
/// </summary>
public sealed class TunnelServerLimits : TunnelLimits
{
    internal TunnelServerLimits()
    {
    }

    /// <summary>
    /// The number of sessions that the server has at the same time, with or without a path. At the limit, new sessions are refused with
    /// <see cref="TunnelStatus.ResourceExhausted"/>, and sessions that have been without a path for the longest are ended to free capacity.
    /// From 1 to 2^31 - 1. Default 100,000.
    /// </summary>
    public int MaxSessions { get; set; } = 100_000;

    /// <summary>
    /// The number of handshakes in progress, TLS handshakes included. At the limit, further connections are refused with
    /// <see cref="TunnelStatus.ResourceExhausted"/>. From 1 to 2^31 - 1. Default 10,000.
    /// </summary>
    public int MaxPendingHandshakes { get; set; } = 10_000;

    /// <summary>
    /// The bytes that all sessions together may buffer: send buffers, incomplete messages, and messages of calls. From three quarters of it
    /// on, new sessions are refused with <see cref="TunnelStatus.ResourceExhausted"/>. Above it, the sessions that have been inactive for
    /// the longest are aborted until the sum is down to 15/16 of it. From 2^20 to 2^50. Default 1 GiB.
    /// </summary>
    public long MaxTotalBufferedBytes { get; set; } = 1 << 30;

    /// <summary>
    /// The number of groups in which one session may be at the same time. Joining one more fails with
    /// <see cref="TunnelStatus.ResourceExhausted"/>. From 1 to 2^20. Default 1,024.
    /// </summary>
    public int MaxGroupsPerSession { get; set; } = 1024;

    internal override void Validate()
    {
        base.Validate();
        CheckRange(MaxSessions, 1, int.MaxValue, nameof(MaxSessions));
        CheckRange(MaxPendingHandshakes, 1, int.MaxValue, nameof(MaxPendingHandshakes));
        CheckRange(MaxTotalBufferedBytes, 1 << 20, 1L << 50, nameof(MaxTotalBufferedBytes));
        CheckRange(MaxGroupsPerSession, 1, 1 << 20, nameof(MaxGroupsPerSession));
    }
}
