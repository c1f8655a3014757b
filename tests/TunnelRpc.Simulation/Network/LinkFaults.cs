using TunnelRpc.Simulation.Scheduling;

namespace TunnelRpc.Simulation.Network;

/// <summary>What will go wrong with a link.</summary>
internal sealed record LinkFaults
{
    /// <summary>Nothing.</summary>
    public static readonly LinkFaults None = new();

    /// <summary>It breaks as so many bytes have arrived; negative for never.</summary>
    public long BreaksAfterBytes { get; init; } = -1;

    /// <summary>In which direction they are counted.</summary>
    public bool CountsUpload { get; init; }

    /// <summary>It breaks at that age.</summary>
    public TimeSpan? BreaksAt { get; init; }

    public FailureDetection Client { get; init; }

    public FailureDetection Server { get; init; }

    /// <summary>Where a side learns of it late.</summary>
    public TimeSpan DetectionDelay { get; init; }

    /// <summary>Whether a side sees an end rather than an error.</summary>
    public bool AppearsAsEnd { get; init; }

    /// <summary>At that age it stands still for <see cref="StallDuration"/>, in the directions given.</summary>
    public TimeSpan? StallsAt { get; init; }

    public TimeSpan StallDuration { get; init; }

    public bool StallsUp { get; init; }

    public bool StallsDown { get; init; }

    public static LinkFaults Draw(SimRandom random, TimeSpan keepAlive)
    {
        LinkFaults doom = new()
        {
            Client = DrawDetection(random),
            Server = DrawDetection(random),
            DetectionDelay = random.Between(TimeSpan.FromMilliseconds(1), keepAlive * 2),
            AppearsAsEnd = random.Chance(0.3),
        };
        if (random.Chance(0.25))
        {
            doom = doom with
            {
                StallsAt = random.Milliseconds(0, 5000),
                StallDuration = random.Between(TimeSpan.FromMilliseconds(10), keepAlive * 4),
                StallsUp = random.Chance(0.6),
            };
            doom = doom with { StallsDown = !doom.StallsUp || random.Chance(0.5) };
        }

        return random.Below(5) switch
        {
            0 when doom.StallsAt is not null => doom,
            0 or 1 => doom with { BreaksAt = random.Milliseconds(0, 8000) },
            2 => doom with { BreaksAfterBytes = random.Between(0, 200), CountsUpload = random.Chance(0.5) },
            _ => doom with { BreaksAfterBytes = random.LogUniform(100, 100_000), CountsUpload = random.Chance(0.5) },
        };
    }

    private static FailureDetection DrawDetection(SimRandom random) => random.Pick(FailureDetection.Immediate, FailureDetection.Immediate, FailureDetection.Delayed, FailureDetection.Never);
}
