namespace TunnelRpc;

// Decision: docs/adr/0064-limits-per-user-and-address.md
/// <summary>
/// The limits of the clients that share a partition of a server: those of one user, or those of one remote address. At a limit, only the
/// clients of that partition are refused; the error has the name of the limit. Set the limits before the server is created; they are
/// validated then and must not change afterwards. Not thread-safe.
/// </summary>
public sealed class TunnelPartitionLimits
{
    private readonly string _name;

    /// <param name="name">The name of the property of <see cref="TunnelServerLimits"/> that has these limits.</param>
    /// <param name="maxSessions">The default of <see cref="MaxSessions"/>.</param>
    /// <param name="maxPendingHandshakes">The default of <see cref="MaxPendingHandshakes"/>.</param>
    /// <param name="maxBufferedBytes">The default of <see cref="MaxBufferedBytes"/>.</param>
    /// <param name="maxConcurrentCalls">The default of <see cref="MaxConcurrentCalls"/> and <see cref="MaxReferences"/>.</param>
    internal TunnelPartitionLimits(
        string name, int maxSessions, int maxPendingHandshakes, long maxBufferedBytes, int maxConcurrentCalls)
    {
        MaxConcurrentCalls = MaxReferences = maxConcurrentCalls;
        _name = name;
        MaxSessions = maxSessions;
        MaxPendingHandshakes = maxPendingHandshakes;
        MaxBufferedBytes = maxBufferedBytes;
    }

    /// <summary>
    /// The sessions at the same time, with or without a path. At the limit, sessions of the partition that have been without a path for
    /// the longest are ended; if there is none, new sessions are refused with <see cref="TunnelStatus.ResourceExhausted"/>. From 1 to
    /// 2^31 - 1. Default 25,000 for a user, 50,000 for an address.
    /// </summary>
    public int MaxSessions { get; set; }

    /// <summary>
    /// The handshakes in progress, those of resumptions included. At the limit, further ones are refused with
    /// <see cref="TunnelStatus.ResourceExhausted"/>. From 1 to 2^31 - 1. Default 2,500 for a user, 5,000 for an address.
    /// </summary>
    public int MaxPendingHandshakes { get; set; }

    /// <summary>
    /// The leg connections (two-connection, n-plus-one, long-poll) whose download leg is open and whose upload leg is not. At the limit, a
    /// further one is answered with the HTTP status 503. From 1 to 2^31 - 1. Default 1,000.
    /// </summary>
    public int MaxPendingLegConnections { get; set; } = 1000;

    /// <summary>
    /// The accounted bytes of the sessions, in steps of 16 KiB of each session. Above the limit, the session that has the most of them is
    /// aborted with <see cref="TunnelStatus.ResourceExhausted"/>, and new sessions are refused. From 2^20 to 2^50. Default 256 MiB for a
    /// user, 512 MiB for an address.
    /// </summary>
    public long MaxBufferedBytes { get; set; }

    /// <summary>
    /// The calls of clients that run at the same time in all sessions, including cancelled ones whose work still runs. A further call
    /// fails with <see cref="TunnelStatus.ResourceExhausted"/> and has not run; no session ends, and no call waits. From 1 to 2^31 - 1;
    /// null: only <see cref="TunnelLimits.MaxConcurrentCalls"/> of each session. Default 100,000 for a user, 200,000 for an address.
    /// </summary>
    public int? MaxConcurrentCalls { get; set; }

    /// <summary>
    /// The objects of the server to which clients hold references in all sessions. A call that passes one more fails with
    /// <see cref="TunnelStatus.ResourceExhausted"/>. From 1 to 2^31 - 1; null: only <see cref="TunnelLimits.MaxReferences"/> of each
    /// session. Default 100,000 for a user, 200,000 for an address.
    /// </summary>
    public int? MaxReferences { get; set; }

    /// <summary>
    /// The sessions that are without a path at the same time. At the limit, the session of the partition that has been without a path for
    /// the longest is ended. From 1 to 2^31 - 1; null: only <see cref="MaxSessions"/>. Default null.
    /// </summary>
    public int? MaxSessionsWithoutPath { get; set; }

    /// <summary>
    /// The handshakes per second, in the mean; ten times as many may start at once. Further ones are refused with
    /// <see cref="TunnelStatus.ResourceExhausted"/>. From 1 to 2^24. Default 1,000.
    /// </summary>
    public int MaxHandshakesPerSecond { get; set; } = 1000;

    /// <summary>
    /// The new sessions per second, in the mean; ten times as many may start at once. Further ones are refused with
    /// <see cref="TunnelStatus.ResourceExhausted"/>. From 1 to 2^24. Default 1,000.
    /// </summary>
    public int MaxNewSessionsPerSecond { get; set; } = 1000;

    /// <summary>The name of a limit with that of the partition, for instance "PerUser.MaxSessions".</summary>
    internal string NameOf(string limit) => $"{_name}.{limit}";

    /// <summary>Validates the limits.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A limit is out of its range; the message names the limit and the range.</exception>
    internal void Validate()
    {
        CheckRange(MaxSessions, 1, int.MaxValue, nameof(MaxSessions));
        CheckRange(MaxPendingHandshakes, 1, int.MaxValue, nameof(MaxPendingHandshakes));
        CheckRange(MaxPendingLegConnections, 1, int.MaxValue, nameof(MaxPendingLegConnections));
        CheckRange(MaxBufferedBytes, 1 << 20, 1L << 50, nameof(MaxBufferedBytes));
        CheckRange(MaxConcurrentCalls ?? 1, 1, int.MaxValue, nameof(MaxConcurrentCalls));
        CheckRange(MaxReferences ?? 1, 1, int.MaxValue, nameof(MaxReferences));
        CheckRange(MaxSessionsWithoutPath ?? 1, 1, int.MaxValue, nameof(MaxSessionsWithoutPath));
        CheckRange(MaxHandshakesPerSecond, 1, 1 << 24, nameof(MaxHandshakesPerSecond));
        CheckRange(MaxNewSessionsPerSecond, 1, 1 << 24, nameof(MaxNewSessionsPerSecond));
    }

    private void CheckRange(long value, long minimum, long maximum, string name) =>
        TunnelLimits.CheckRange(value, minimum, maximum, NameOf(name));
}
