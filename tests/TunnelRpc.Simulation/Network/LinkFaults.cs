using TunnelRpc.Simulation.Scheduling;

namespace TunnelRpc.Simulation.Network;

/// <summary>The faults of a link, drawn when it opens.</summary>
internal sealed record LinkFaults
{
    /// <summary>No faults.</summary>
    public static readonly LinkFaults None = new();

    /// <summary>The link breaks when this number of bytes has arrived; negative for never.</summary>
    public long BreaksAfterBytes { get; init; } = -1;

    /// <summary>
    /// Whether the bytes of <see cref="BreaksAfterBytes"/> are those from the client to the server; otherwise those to the client.
    /// </summary>
    public bool CountsUpload { get; init; }

    /// <summary>The link breaks at this age; null for never.</summary>
    public TimeSpan? BreaksAt { get; init; }

    /// <summary>When the client detects the break.</summary>
    public FailureDetection Client { get; init; }

    /// <summary>When the server detects the break.</summary>
    public FailureDetection Server { get; init; }

    /// <summary>How long a side with <see cref="FailureDetection.Delayed"/> takes to detect the break.</summary>
    public TimeSpan DetectionDelay { get; init; }

    /// <summary>Whether reads report the end of the stream rather than an error.</summary>
    public bool AppearsAsEnd { get; init; }

    /// <summary>
    /// The link stalls at this age, for <see cref="StallDuration"/>, in the directions <see cref="StallsUp"/> and <see cref="StallsDown"/>;
    /// null for never.
    /// </summary>
    public TimeSpan? StallsAt { get; init; }

    public TimeSpan StallDuration { get; init; }

    public bool StallsUp { get; init; }

    public bool StallsDown { get; init; }

    public static LinkFaults Draw(SimRandom random, TimeSpan keepAlive)
    {
        LinkFaults faults = new()
        {
            Client = DrawDetection(random),
            Server = DrawDetection(random),
            DetectionDelay = random.Between(TimeSpan.FromMilliseconds(1), keepAlive * 2),
            AppearsAsEnd = random.Chance(0.3),
        };
        if (random.Chance(0.25))
        {
            faults = faults with
            {
                StallsAt = random.Milliseconds(0, 5000),
                StallDuration = random.Between(TimeSpan.FromMilliseconds(10), keepAlive * 4),
                StallsUp = random.Chance(0.6),
            };
            faults = faults with { StallsDown = !faults.StallsUp || random.Chance(0.5) };
        }

        return random.Below(5) switch
        {
            0 when faults.StallsAt is not null => faults,
            0 or 1 => faults with { BreaksAt = random.Milliseconds(0, 8000) },
            2 => faults with { BreaksAfterBytes = random.Between(0, 200), CountsUpload = random.Chance(0.5) },
            _ => faults with { BreaksAfterBytes = random.LogUniform(100, 100_000), CountsUpload = random.Chance(0.5) },
        };
    }

    private static FailureDetection DrawDetection(SimRandom random) =>
        random.Pick(FailureDetection.Immediate, FailureDetection.Immediate, FailureDetection.Delayed, FailureDetection.Never);
}
