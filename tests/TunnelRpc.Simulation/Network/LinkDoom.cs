using TunnelRpc.Simulation.Scheduling;

namespace TunnelRpc.Simulation.Network;

/// <summary>What will go wrong with a link.</summary>
internal sealed record LinkDoom
{
    /// <summary>Nothing.</summary>
    public static readonly LinkDoom None = new();

    /// <summary>It breaks as so many bytes have arrived; negative for never.</summary>
    public long BreaksAfter { get; init; } = -1;

    /// <summary>In which direction they are counted.</summary>
    public bool CountsUp { get; init; }

    /// <summary>It breaks at that age.</summary>
    public TimeSpan? BreaksAt { get; init; }

    public Notice Client { get; init; }

    public Notice Server { get; init; }

    /// <summary>Where a side learns of it late.</summary>
    public TimeSpan LaterBy { get; init; }

    /// <summary>Whether a side sees an end rather than an error.</summary>
    public bool LooksEnded { get; init; }

    /// <summary>At that age it stands still for <see cref="StallTime"/>, in the directions given.</summary>
    public TimeSpan? StallsAt { get; init; }

    public TimeSpan StallTime { get; init; }

    public bool StallsUp { get; init; }

    public bool StallsDown { get; init; }

    public static LinkDoom Draw(SimRandom random, TimeSpan keepAlive)
    {
        LinkDoom doom = new()
        {
            Client = DrawNotice(random),
            Server = DrawNotice(random),
            LaterBy = random.Between(TimeSpan.FromMilliseconds(1), keepAlive * 2),
            LooksEnded = random.Chance(0.3),
        };
        if (random.Chance(0.25))
        {
            doom = doom with
            {
                StallsAt = random.Millis(0, 5000),
                StallTime = random.Between(TimeSpan.FromMilliseconds(10), keepAlive * 4),
                StallsUp = random.Chance(0.6),
            };
            doom = doom with { StallsDown = !doom.StallsUp || random.Chance(0.5) };
        }

        return random.Below(5) switch
        {
            0 when doom.StallsAt is not null => doom,
            0 or 1 => doom with { BreaksAt = random.Millis(0, 8000) },
            2 => doom with { BreaksAfter = random.Between(0, 200), CountsUp = random.Chance(0.5) },
            _ => doom with { BreaksAfter = random.Magnitude(100, 100_000), CountsUp = random.Chance(0.5) },
        };
    }

    private static Notice DrawNotice(SimRandom random) => random.Pick(Notice.Now, Notice.Now, Notice.Later, Notice.Never);
}
