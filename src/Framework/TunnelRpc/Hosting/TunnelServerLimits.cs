namespace TunnelRpc;

// Decision: docs/adr/0038-public-api-before-1-0.md
/// <summary>
/// The limits of a server: the limits of each session that clients have too (<see cref="TunnelLimits"/>), and the limits that only a server
/// has, for all clients together and for those of one user or address. Set them before the server is created; they are validated then and
/// must not change afterwards. Not thread-safe.
/// </summary>
public sealed class TunnelServerLimits : TunnelLimits
{
    internal TunnelServerLimits()
    {
    }

    /// <summary>
    /// The number of sessions that the server has at the same time, with or without a path. At the limit, new sessions are refused with
    /// <see cref="TunnelStatus.ResourceExhausted"/>, unless a session is without a path: those that have been so for the longest are ended.
    /// From 1 to 2^31 - 1. Default 100,000.
    /// </summary>
    public int MaxSessions { get; set; } = 100_000;

    /// <summary>
    /// The sessions that are without a path at the same time. At the limit, the session that has been without a path for the longest is
    /// ended with <see cref="TunnelStatus.ResourceExhausted"/>; the session that has lost its path now stays. From 1 to 2^31 - 1; null:
    /// only <see cref="MaxSessions"/>, so that a network or a proxy that disconnects all clients at once ends no session. Default null.
    /// </summary>
    public int? MaxSessionsWithoutPath { get; set; }

    /// <summary>
    /// The number of handshakes in progress, TLS handshakes included. At the limit, further connections are refused with
    /// <see cref="TunnelStatus.ResourceExhausted"/>. From 1 to 2^31 - 1. Default 10,000.
    /// </summary>
    public int MaxPendingHandshakes { get; set; } = 10_000;

    /// <summary>
    /// The bytes that all sessions together may buffer: send buffers, incomplete messages, and messages of calls. From three quarters of it
    /// on, sessions are aborted until eleven sixteenths remain: large sessions without a path first, then the largest session of the user
    /// (or of the address of anonymous clients) that has the most bytes. While no user or address has a 256th of the limit, new sessions
    /// are refused with <see cref="TunnelStatus.ResourceExhausted"/> instead, until the limit itself is reached. From 2^20 to 2^50. Default
    /// 1 GiB.
    /// </summary>
    public long MaxTotalBufferedBytes { get; set; } = 1 << 30;

    /// <summary>
    /// The number of groups in which one session may be at the same time. Joining one more fails with
    /// <see cref="TunnelStatus.ResourceExhausted"/>. From 1 to 2^20. Default 1,024.
    /// </summary>
    public int MaxGroupsPerSession { get; set; } = 1024;

    /// <summary>
    /// The one-way broadcasts that wait for one session. At the limit, calls whose policy is DropOldest or Latest are dropped, the oldest
    /// first, and if there are none, the new call. From 1 to 2^20. Default 1,024.
    /// </summary>
    public int MaxPendingBroadcasts { get; set; } = 1024;

    /// <summary>
    /// The bytes of the encoded one-way broadcasts that wait for one session, as <see cref="MaxPendingBroadcasts"/>. A message is added
    /// while fewer bytes wait. From 1 to 2^30. Default 1 MiB.
    /// </summary>
    public int MaxPendingBroadcastBytes { get; set; } = 1 << 20;

    /// <summary>
    /// The limits of the clients of one user: those that authenticated with the same id (<see cref="TunnelServerOptions.UserIdSelector"/>).
    /// Anonymous clients have none.
    /// </summary>
    public TunnelPartitionLimits PerUser { get; } =
        new(nameof(PerUser), maxSessions: 25_000, maxPendingHandshakes: 2500, maxBufferedBytes: 256 << 20, maxConcurrentCalls: 100_000);

    /// <summary>
    /// The limits of the clients of one remote address, authenticated or not. The address is that of the HTTP connection; with a reverse
    /// proxy it is the proxy's, unless the application uses the middleware for forwarded headers. All addresses of one IPv6 network (/64)
    /// count as one. Clients without an address, as those of a server in memory, have none of these limits.
    /// </summary>
    public TunnelPartitionLimits PerRemoteAddress { get; } =
        new(
            nameof(PerRemoteAddress),
            maxSessions: 50_000,
            maxPendingHandshakes: 5000,
            maxBufferedBytes: 512 << 20,
            maxConcurrentCalls: 200_000);

    internal override void Validate()
    {
        base.Validate();
        PerUser.Validate();
        PerRemoteAddress.Validate();
        CheckRange(MaxSessions, 1, int.MaxValue, nameof(MaxSessions));
        CheckRange(MaxSessionsWithoutPath ?? 1, 1, int.MaxValue, nameof(MaxSessionsWithoutPath));
        CheckRange(MaxPendingHandshakes, 1, int.MaxValue, nameof(MaxPendingHandshakes));
        CheckRange(MaxTotalBufferedBytes, 1 << 20, 1L << 50, nameof(MaxTotalBufferedBytes));
        CheckRange(MaxGroupsPerSession, 1, 1 << 20, nameof(MaxGroupsPerSession));
        CheckRange(MaxPendingBroadcasts, 1, 1 << 20, nameof(MaxPendingBroadcasts));
        CheckRange(MaxPendingBroadcastBytes, 1, 1 << 30, nameof(MaxPendingBroadcastBytes));
    }
}
