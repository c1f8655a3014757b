namespace TunnelRpc;

// Decision: docs/adr/0067-slow-members-of-broadcasts.md
/// <summary>
/// What a broadcast does with a session that does not take its calls: because its client does not read, reads slowly, or has lost its path.
/// Set it for a stub, <c>clients.Group("prices").With(TunnelBroadcastPolicy.Latest())</c>, or for all broadcasts of a server by its option
/// BroadcastPolicy. Immutable, thread-safe.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>A session takes a one-way call when the call is written to its send buffer. Whether the client receives it is not known.</item>
/// <item>No policy lets one session delay the calls to others. Each session gets one-way broadcasts in the order in which they were
/// made.</item>
/// <item>One-way calls that wait for a session are limited by MaxPendingBroadcasts and MaxPendingBroadcastBytes of the server's
/// limits.</item>
/// <item>Dropped calls are counted by tunnelrpc.broadcasts.dropped, and logged at most once a minute for each session.</item>
/// <item>For methods with a reply, <see cref="Wait"/> and <see cref="Disconnect"/> apply to sessions that acknowledge nothing for the
/// timeout. A session that reads may take any time to reply.</item>
/// </list>
/// </remarks>
public sealed class TunnelBroadcastPolicy
{
    private const int DefaultCapacity = 64;
    private const int MaxCapacity = 1 << 20;
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromDays(1);

    private TunnelBroadcastPolicy(TunnelBroadcastPolicyKind kind, TimeSpan timeout, int capacity = 0, string? key = null)
    {
        Kind = kind;
        Timeout = timeout;
        Capacity = capacity;
        Key = key;
    }

    /// <summary>The policy of a server that sets none: <see cref="Wait"/> with 5 s.</summary>
    public static TunnelBroadcastPolicy Default { get; } = Wait();

    internal TunnelBroadcastPolicyKind Kind { get; }

    /// <summary>The time that the caller waits for a session.</summary>
    internal TimeSpan Timeout { get; }

    /// <summary>The calls of one method, or with one key, that wait for a session.</summary>
    internal int Capacity { get; }

    internal string? Key { get; }

    /// <summary>Whether the caller waits for slow sessions.</summary>
    internal bool IsAwaited => Kind is TunnelBroadcastPolicyKind.Wait or TunnelBroadcastPolicyKind.Disconnect;

    /// <summary>
    /// The caller waits until each session has taken the call, for the timeout at most. A session that has not taken it by then does not
    /// get it, except that the one call that is being written is still written. Until the session has taken that one, further calls to it
    /// are dropped without a wait. A call with a reply fails for this session with <see cref="TunnelStatus.DeadlineExceeded"/>.
    /// </summary>
    /// <param name="timeout">
    /// More than zero and at most a day, or <see cref="System.Threading.Timeout.InfiniteTimeSpan"/>; null for 5 s.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is out of its range.</exception>
    public static TunnelBroadcastPolicy Wait(TimeSpan? timeout = null) =>
        new(TunnelBroadcastPolicyKind.Wait, CheckTimeout(timeout));

    /// <summary>
    /// The caller waits for no session. Calls wait in a queue for each session and method; the oldest is dropped when the queue is full.
    /// For one-way methods only.
    /// </summary>
    /// <param name="capacity">The calls of one method that wait for one session. From 1 to 2^20.</param>
    /// <exception cref="ArgumentOutOfRangeException">The capacity is out of its range.</exception>
    public static TunnelBroadcastPolicy DropOldest(int capacity = DefaultCapacity) => capacity is >= 1 and <= MaxCapacity
        ? new(TunnelBroadcastPolicyKind.DropOldest, DefaultTimeout, capacity)
        : throw new ArgumentOutOfRangeException(nameof(capacity), capacity, $"Expected a capacity from 1 to {MaxCapacity}.");

    /// <summary>
    /// The caller waits for no session. Of the calls of one method with one key, only the latest waits for a session; it replaces an older
    /// one, and takes its place at the end of the queue. For one-way methods that report a state, such as a price.
    /// </summary>
    /// <param name="key">What the call is about, for instance the name of the price; null for the method alone.</param>
    public static TunnelBroadcastPolicy Latest(string? key = null) =>
        new(TunnelBroadcastPolicyKind.Latest, DefaultTimeout, 1, key);

    /// <summary>
    /// As <see cref="Wait"/>, but a session that has not taken the call within the timeout is ended with
    /// <see cref="TunnelStatus.ResourceExhausted"/>, so that its client knows that it has missed calls when it connects again.
    /// </summary>
    /// <param name="timeout">More than zero and at most a day; null for 5 s.</param>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is out of its range.</exception>
    public static TunnelBroadcastPolicy Disconnect(TimeSpan? timeout = null) =>
        timeout != System.Threading.Timeout.InfiniteTimeSpan
            ? new(TunnelBroadcastPolicyKind.Disconnect, CheckTimeout(timeout))
            : throw new ArgumentOutOfRangeException(nameof(timeout), timeout, "Expected a finite timeout.");

    /// <summary>The policy with its values, for logs.</summary>
    public override string ToString() => Kind switch
    {
        TunnelBroadcastPolicyKind.DropOldest => $"DropOldest({Capacity})",
        TunnelBroadcastPolicyKind.Latest => $"Latest({Key})",
        _ => $"{Kind}({Timeout})",
    };

    private static TimeSpan DefaultTimeout => TimeSpan.FromSeconds(5);

    private static TimeSpan CheckTimeout(TimeSpan? timeout)
    {
        TimeSpan value = timeout ?? DefaultTimeout;
        return value == System.Threading.Timeout.InfiniteTimeSpan || (value > TimeSpan.Zero && value <= MaxTimeout)
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(timeout), timeout, "Expected more than zero and at most a day, or Timeout.InfiniteTimeSpan.");
    }
}
