using TunnelRpc.Simulation.Network;
using TunnelRpc.Simulation.Scheduling;

namespace TunnelRpc.Simulation;

/// <summary>What a seed makes of a run: its options, its load and its faults, all drawn before it begins.</summary>
internal sealed record SimPlan
{
    private static readonly string[] TransportNames = ["alpha", "beta", "gamma"];

    /// <summary>Whether sessions may be lost: by a restart, or because nobody gets through for longer than they are kept.</summary>
    public bool MayLoseSessions { get; private init; }

    public string[] Transports { get; private init; } = [];

    /// <summary>Whether there is the long-poll transport, too: behind the others, or alone.</summary>
    public bool UsesLongPoll { get; private init; }

    public TimeSpan KeepAlive { get; private init; }

    public TimeSpan AttemptTimeout { get; private init; }

    /// <summary>How long the client keeps sessions without a path, and how long the server does.</summary>
    public (TimeSpan Client, TimeSpan Server) ResumeWindow { get; private init; }

    public TimeSpan ConnectTimeout { get; private init; }

    /// <summary>Whether the client makes new sessions by itself.</summary>
    public bool StaysConnected { get; private init; }

    /// <summary>No fault begins after this.</summary>
    public TimeSpan LastFaultAt { get; private init; }

    public double LinkFaultChance { get; private init; }

    public double RefusalChance { get; private init; }

    public IReadOnlyList<Outage> Outages { get; private init; } = [];

    public int MaxUnacknowledgedBytes { get; private init; }

    public int StreamWindow { get; private init; }

    public int MaxConcurrentCalls { get; private init; }

    public int Calls { get; private init; }

    /// <summary>Calls begin within this time.</summary>
    public TimeSpan LoadDuration { get; private init; }

    /// <summary>The largest message.</summary>
    public int MaxMessageBytes { get; private init; }

    public static SimPlan Draw(SimRandom random)
    {
        int profile = random.Below(10);
        bool calm = profile == 0;
        bool wild = profile >= 6;
        TimeSpan faultTime = random.Milliseconds(2_000, 25_000);
        var plan = new SimPlan
        {
            MayLoseSessions = wild,
            Transports = TransportNames[..random.Pick(1, 1, 2, 3)],
            KeepAlive = TimeSpan.FromSeconds(random.Pick(1, 2, 5)),
            AttemptTimeout = TimeSpan.FromSeconds(random.Between(2, 8)),
            ResumeWindow = wild ? (DrawWindow(random), DrawWindow(random)) : (TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(2)),
            ConnectTimeout = wild ? random.Pick(TimeSpan.Zero, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30)) : TimeSpan.FromMinutes(5),
            StaysConnected = random.Chance(0.7),
            MaxUnacknowledgedBytes = random.Pick(4 << 10, 8 << 10, 64 << 10, 1 << 20),
            StreamWindow = random.Pick(1 << 10, 4 << 10, 64 << 10, 256 << 10),
            MaxConcurrentCalls = random.Pick(1, 2, 4, 16, 4096),
            Calls = random.Between(15, 60),
            LoadDuration = random.Milliseconds(500, 15_000),
            MaxMessageBytes = random.Pick(200, 2_000, 40_000, 150_000),
        };
        plan = plan with { UsesLongPoll = random.Chance(0.3) };
        if (plan.UsesLongPoll && random.Chance(0.7))
        {
            plan = plan with { Transports = [] };
        }

        if (calm)
        {
            return plan;
        }

        plan = plan with
        {
            LastFaultAt = faultTime,
            LinkFaultChance = random.Pick(0.3, 0.7, 1),
            RefusalChance = random.Pick(0, 0.1, 0.4),
            Outages = [.. Enumerable.Range(0, random.Pick(0, 0, 1, 2)).Select(_ => DrawOutage(random, faultTime, wild))],
        };
        return plan;
    }

    private static TimeSpan DrawWindow(SimRandom random) => random.Chance(0.2) ? TimeSpan.Zero : TimeSpan.FromSeconds(random.LogUniform(1, 120));

    /// <summary>Sets what both sides have in common.</summary>
    public void Apply(TunnelOptions options, TimeProvider clock)
    {
        options.TimeProvider = clock;
        options.KeepAliveInterval = KeepAlive;
        options.IncludeExceptionDetails = true;
        options.Limits.MaxUnacknowledgedBytes = MaxUnacknowledgedBytes;
        options.Limits.StreamWindow = StreamWindow;
        options.Limits.MaxConcurrentCalls = MaxConcurrentCalls;
    }

    private static Outage DrawOutage(SimRandom random, TimeSpan faultTime, bool wild)
    {
        bool restarts = wild && random.Chance(0.7);
        return new Outage(
            random.Between(TimeSpan.Zero, faultTime),
            restarts ? random.Milliseconds(0, 5_000) : random.Milliseconds(10, wild ? 60_000 : 10_000),
            restarts || random.Chance(0.5),
            random.Chance(0.7),
            restarts);
    }
}
