using TunnelRpc.Simulation.Network;
using TunnelRpc.Simulation.Scheduling;

namespace TunnelRpc.Simulation;

/// <summary>The options, the load and the outages of a run. All are drawn from the seed before the run starts.</summary>
internal sealed record SimPlan
{
    private static readonly string[] TransportNames = ["alpha", "beta", "gamma"];

    /// <summary>
    /// Whether sessions may end without a close: because the server restarts, or because an outage is longer than the resume window.
    /// </summary>
    public bool MayLoseSessions { get; private init; }

    public string[] Transports { get; private init; } = [];

    /// <summary>Whether the client has the long-poll transport, after the others or as the only one.</summary>
    public bool UsesLongPoll { get; private init; }

    public TimeSpan KeepAlive { get; private init; }

    public TimeSpan AttemptTimeout { get; private init; }

    /// <summary>How long each side keeps a session without a path.</summary>
    public (TimeSpan Client, TimeSpan Server) ResumeWindow { get; private init; }

    public TimeSpan ConnectTimeout { get; private init; }

    /// <summary>Whether the client opens a new session by itself when one has ended.</summary>
    public bool StaysConnected { get; private init; }

    /// <summary>Links, connects and requests have faults only if they start before this time.</summary>
    public TimeSpan LastFaultAt { get; private init; }

    /// <summary>The probability that a new link has faults.</summary>
    public double LinkFaultChance { get; private init; }

    /// <summary>The probability that a connect is refused.</summary>
    public double RefusalChance { get; private init; }

    public IReadOnlyList<Outage> Outages { get; private init; } = [];

    public int MaxUnacknowledgedBytes { get; private init; }

    public int StreamWindow { get; private init; }

    public int MaxStreamWindow { get; private init; }

    public int MaxConcurrentCalls { get; private init; }

    public int MaxPartialMessageBytes { get; private init; }

    public int MaxPendingCallBytes { get; private init; }

    public int Calls { get; private init; }

    /// <summary>All calls start within this time.</summary>
    public TimeSpan LoadDuration { get; private init; }

    /// <summary>The largest message, in bytes.</summary>
    public int MaxMessageBytes { get; private init; }

    public static SimPlan Draw(SimRandom random)
    {
        int profile = random.Below(10);
        bool isFaultFree = profile == 0;
        bool mayLoseSessions = profile >= 6;
        TimeSpan faultTime = random.Milliseconds(2_000, 25_000);
        var plan = new SimPlan
        {
            MayLoseSessions = mayLoseSessions,
            Transports = TransportNames[..random.Pick(1, 1, 2, 3)],
            KeepAlive = TimeSpan.FromSeconds(random.Pick(1, 2, 5)),
            AttemptTimeout = TimeSpan.FromSeconds(random.Between(2, 8)),
            ResumeWindow = mayLoseSessions
                ? (DrawWindow(random), DrawWindow(random))
                : (TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(2)),
            ConnectTimeout = mayLoseSessions
                ? random.Pick(TimeSpan.Zero, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30))
                : TimeSpan.FromMinutes(5),
            StaysConnected = random.Chance(0.7),
            MaxUnacknowledgedBytes = random.Pick(4 << 10, 8 << 10, 64 << 10, 1 << 20),
            StreamWindow = random.Pick(1 << 10, 4 << 10, 64 << 10, 256 << 10),
            MaxConcurrentCalls = random.Pick(1, 2, 4, 16, 4096),
            MaxPartialMessageBytes = random.Pick(1 << 10, 40_000, 16 << 20),
            MaxPendingCallBytes = random.Pick(1 << 10, 20_000, 64 << 20),
            Calls = random.Between(15, 60),
            LoadDuration = random.Milliseconds(500, 15_000),
            MaxMessageBytes = random.Pick(200, 2_000, 40_000, 150_000),
        };
        plan = plan with { UsesLongPoll = random.Chance(0.3) };

        // Not drawn, so that each seed still has the plan that it had before windows grew: 1, 8 or 64 times the first size.
        plan = plan with { MaxStreamWindow = plan.StreamWindow << (plan.Calls % 3 * 3) };
        if (plan.UsesLongPoll && random.Chance(0.7))
        {
            plan = plan with { Transports = [] };
        }

        if (isFaultFree)
        {
            return plan;
        }

        plan = plan with
        {
            LastFaultAt = faultTime,
            LinkFaultChance = random.Pick(0.3, 0.7, 1),
            RefusalChance = random.Pick(0, 0.1, 0.4),
            Outages = [.. Enumerable.Range(0, random.Pick(0, 0, 1, 2)).Select(_ => DrawOutage(random, faultTime, mayLoseSessions))],
        };
        return plan;
    }

    private static TimeSpan DrawWindow(SimRandom random) =>
        random.Chance(0.2) ? TimeSpan.Zero : TimeSpan.FromSeconds(random.LogUniform(1, 120));

    /// <summary>Sets the options that client and server have in common.</summary>
    public void Apply(TunnelOptions options, TimeProvider clock)
    {
        options.TimeProvider = clock;
        options.KeepAliveInterval = KeepAlive;
        options.IncludeExceptionDetails = true;
        options.CollectsAbandonedStreams = false;
        options.Limits.MaxUnacknowledgedBytes = MaxUnacknowledgedBytes;
        options.Limits.StreamWindow = StreamWindow;
        options.Limits.MaxStreamWindow = MaxStreamWindow;
        options.Limits.MaxConcurrentCalls = MaxConcurrentCalls;
        options.Limits.MaxPartialMessageBytes = MaxPartialMessageBytes;
        options.Limits.MaxPendingCallBytes = MaxPendingCallBytes;
    }

    private static Outage DrawOutage(SimRandom random, TimeSpan faultTime, bool mayLoseSessions)
    {
        bool restarts = mayLoseSessions && random.Chance(0.7);
        return new Outage(
            random.Between(TimeSpan.Zero, faultTime),
            restarts ? random.Milliseconds(0, 5_000) : random.Milliseconds(10, mayLoseSessions ? 60_000 : 10_000),
            restarts || random.Chance(0.5),
            random.Chance(0.7),
            restarts);
    }
}
