using TunnelRpc.Simulation.Scheduling;

namespace TunnelRpc.Simulation.Workload;

/// <summary>What a call does, on both sides.</summary>
internal sealed record CallScript
{
    public CallKind Kind { get; init; }

    /// <summary>Whether the client makes the call; otherwise the server makes it as a callback.</summary>
    public bool IsFromClient { get; init; }

    public int RequestBytes { get; init; }

    public int ReplyBytes { get; init; }

    public int ItemsUp { get; init; }

    public int ItemsDown { get; init; }

    public int ItemBytes { get; init; }

    /// <summary>How long the handler works.</summary>
    public TimeSpan WorkTime { get; init; }

    /// <summary>How long each item takes to be produced or consumed.</summary>
    public TimeSpan ItemWorkTime { get; init; }

    /// <summary>The time after which its caller cancels; null for never.</summary>
    public TimeSpan? CancelAfter { get; init; }

    /// <summary>Whether its caller cancels as soon as another call in the same direction ends.</summary>
    public bool CancelsWithAnother { get; init; }

    public TimeSpan? Timeout { get; init; }

    public TunnelPriority? Priority { get; init; }

    /// <summary>Whether the handler fails after its work.</summary>
    public bool Fails { get; init; }

    /// <summary>Whether the handler observes its cancellation token.</summary>
    public bool HonorsCancellation { get; init; }

    /// <summary>The number of items after which its caller stops reading; 0 for all items.</summary>
    public int StopsAfterItems { get; init; }

    /// <summary>The number of nested calls, each made while the previous one is served.</summary>
    public int Depth { get; init; }

    public bool IsOneWay => Kind is CallKind.OneWay or CallKind.OrderedOneWay;

    public bool IsIdempotent => Kind == CallKind.Idempotent;

    public bool IsOrdered => Kind is CallKind.Ordered or CallKind.OrderedOneWay or CallKind.OrderedNested;

    public static CallScript Draw(SimRandom random, SimPlan plan)
    {
        CallKind kind = random.Pick(
            CallKind.Unary, CallKind.Unary, CallKind.UnaryVoid, CallKind.OneWay, CallKind.Idempotent,
            CallKind.ServerStreaming, CallKind.ClientStreaming, CallKind.Duplex,
            CallKind.Nested, CallKind.Nested, CallKind.Nested,
            CallKind.Ordered, CallKind.Ordered, CallKind.OrderedOneWay, CallKind.OrderedNested);
        bool isCancelled = random.Chance(0.12);
        return new CallScript
        {
            Kind = kind,
            IsFromClient = random.Chance(0.7),
            RequestBytes = random.LogUniform(1, plan.MaxMessageBytes),
            ReplyBytes = random.LogUniform(1, plan.MaxMessageBytes),
            ItemsUp = random.Chance(0.1) ? 0 : random.LogUniform(1, 60),
            ItemsDown = random.Chance(0.1) ? 0 : random.LogUniform(1, 60),
            ItemBytes = random.LogUniform(1, Math.Min(plan.MaxMessageBytes, random.Chance(0.1) ? 40_000 : 3_000)),
            WorkTime = random.Chance(0.4) ? TimeSpan.Zero : random.Milliseconds(0, random.Chance(0.1) ? 5_000 : 200),
            ItemWorkTime = random.Chance(0.5) ? TimeSpan.Zero : random.Milliseconds(0, 50),
            CancelAfter = isCancelled ? random.Milliseconds(0, random.Pick(10, 500, 5_000)) : null,
            CancelsWithAnother = random.Chance(0.04),
            Timeout = random.Chance(0.1) ? random.Milliseconds(1, random.Pick(50, 1_000, 20_000)) : null,
            Priority = random.Chance(0.1) ? random.Pick(TunnelPriority.Low, TunnelPriority.High) : null,
            Fails = random.Chance(0.05),
            HonorsCancellation = random.Chance(0.7),
            StopsAfterItems = random.Chance(0.05) ? random.Between(1, 5) : 0,
            Depth = kind is CallKind.Nested or CallKind.OrderedNested ? random.Pick(1, 2, 3, 8) : 0,
        };
    }
}
