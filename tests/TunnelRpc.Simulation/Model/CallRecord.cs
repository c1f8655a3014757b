using TunnelRpc.Simulation.Workload;

namespace TunnelRpc.Simulation.Model;

/// <summary>What the model knows of a call: what was asked for, how often it ran, how it ended for its caller.</summary>
internal sealed class CallRecord(int number, CallScript script, CallRecord? parent)
{
    public int Number => number;

    public CallScript Script => script;

    /// <summary>The call that this one is nested in; null for none.</summary>
    public CallRecord? Parent => parent;

    public TimeSpan StartedAt { get; set; }

    /// <summary>How many calls were made before it.</summary>
    public int Sequence { get; set; }

    /// <summary>The session that was up as it was made; null when there was none.</summary>
    public string? Session { get; set; }

    /// <summary>How often its implementation was called.</summary>
    public int RunCount { get; set; }

    /// <summary>When its implementation ended; null while it runs, or where it never did.</summary>
    public TimeSpan? HandlerEndedAt { get; set; }

    /// <summary>Whether its caller has been told how it ended.</summary>
    public bool HasEnded { get; set; }

    /// <summary>When its caller was told; null before.</summary>
    public TimeSpan? EndedAt { get; set; }

    public bool Succeeded { get; set; }

    /// <summary>Whether its caller was told that it never ran.</summary>
    public bool WasNotSent { get; set; }

    /// <summary>Whether its caller gave it up.</summary>
    public bool IsCancelled { get; set; }

    /// <summary>Whether a deadline may end it, its own or one that it inherits.</summary>
    public bool HasTimeout => script.Timeout is not null || parent?.HasTimeout == true;

    /// <summary>Whether somebody may have given it up.</summary>
    public bool MayBeCancelled => IsCancelled || (parent is not null && (parent.MayBeCancelled || parent.HasTimeout || parent.HasEnded));

    /// <summary>Gives it up; null when it is not under way, or is one that nobody gives up.</summary>
    public Action? Cancel { get; set; }

    /// <summary>Bytes of elements that the streams of this call have under way: made by one side and not taken by the other.</summary>
    public long BytesInFlightUp { get; set; }

    /// <inheritdoc cref="BytesInFlightUp"/>
    public long BytesInFlightDown { get; set; }

    public override string ToString() =>
        $"call {number} ({script.Kind} {(script.IsFromClient ? "to the server" : "to the client")}{(parent is null ? "" : $", nested in {parent.Number}")}, begun at {StartedAt.TotalSeconds:F6}, run {RunCount} times)";
}
