using TunnelRpc.Simulation.Scheduling;

namespace TunnelRpc.Simulation.Workload;

/// <summary>What a call is to do, on both sides.</summary>
internal sealed record CallScript
{
    public CallKind Kind { get; init; }

    /// <summary>Whether the client makes it.</summary>
    public bool IsUp { get; init; }

    public int RequestBytes { get; init; }

    public int AnswerBytes { get; init; }

    public int ItemsUp { get; init; }

    public int ItemsDown { get; init; }

    public int ItemBytes { get; init; }

    /// <summary>How long its implementation works.</summary>
    public TimeSpan Work { get; init; }

    /// <summary>How long each element takes to be made or used.</summary>
    public TimeSpan ItemWork { get; init; }

    /// <summary>When its caller gives up; null for never.</summary>
    public TimeSpan? CancelAfter { get; init; }

    public TimeSpan? Deadline { get; init; }

    public TunnelPriority? Priority { get; init; }

    /// <summary>Whether the implementation fails, when its work is done.</summary>
    public bool Fails { get; init; }

    /// <summary>Whether the implementation heeds its token.</summary>
    public bool Heeds { get; init; }

    /// <summary>After how many elements its caller has enough; 0 for all.</summary>
    public int LeavesAfter { get; init; }

    /// <summary>How deep it calls back.</summary>
    public int Depth { get; init; }

    public bool IsOneWay => Kind is CallKind.Notify or CallKind.Note;

    public bool IsIdempotent => Kind == CallKind.LookUp;

    public bool IsOrdered => Kind is CallKind.Append or CallKind.Note or CallKind.NestInOrder;

    public static CallScript Draw(SimRandom random, SimPlan plan)
    {
        CallKind kind = random.Pick(
            CallKind.Ask, CallKind.Ask, CallKind.Tell, CallKind.Notify, CallKind.LookUp, CallKind.Download, CallKind.Upload, CallKind.Exchange,
            CallKind.Nest, CallKind.Append, CallKind.Append, CallKind.Note, CallKind.NestInOrder);
        bool isNarrow = plan.MaxConcurrentCalls < plan.Calls;
        if (isNarrow && kind == CallKind.Nest)
        {
            // Two sides that call back while they are called may wait for each other's room for ever: only ordered dispatch has more for them.
            kind = CallKind.NestInOrder;
        }

        bool impatient = random.Chance(0.12);
        return new CallScript
        {
            Kind = kind,
            IsUp = random.Chance(0.7),
            RequestBytes = random.Magnitude(1, plan.MostBytes),
            AnswerBytes = random.Magnitude(1, plan.MostBytes),
            ItemsUp = random.Chance(0.1) ? 0 : random.Magnitude(1, 60),
            ItemsDown = random.Chance(0.1) ? 0 : random.Magnitude(1, 60),
            ItemBytes = random.Magnitude(1, Math.Min(plan.MostBytes, random.Chance(0.1) ? 40_000 : 3_000)),
            Work = random.Chance(0.4) ? TimeSpan.Zero : random.Millis(0, random.Chance(0.1) ? 5_000 : 200),
            ItemWork = random.Chance(0.5) ? TimeSpan.Zero : random.Millis(0, 50),
            CancelAfter = impatient ? random.Millis(0, random.Pick(10, 500, 5_000)) : null,
            Deadline = random.Chance(0.1) ? random.Millis(1, random.Pick(50, 1_000, 20_000)) : null,
            Priority = random.Chance(0.1) ? random.Pick(TunnelPriority.Low, TunnelPriority.High) : null,
            Fails = random.Chance(0.05),
            Heeds = random.Chance(0.7),
            LeavesAfter = random.Chance(0.05) ? random.Between(1, 5) : 0,

            // Deeper ones may need more than twice the room that MaxConcurrentCalls gives.
            Depth = kind is CallKind.Nest or CallKind.NestInOrder ? isNarrow ? 1 : random.Between(1, 3) : 0,
        };
    }
}
