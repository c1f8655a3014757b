using TunnelRpc.Simulation.Workload;

namespace TunnelRpc.Simulation.Model;

/// <summary>A call as the model sees it: its script, how often it ran, and how it ended for its caller.</summary>
internal sealed class CallRecord(int number, CallScript script, CallRecord? parent)
{
    public int Number => number;

    public CallScript Script => script;

    /// <summary>The call that this one is nested in; null for none.</summary>
    public CallRecord? Parent => parent;

    /// <summary>When its caller made the call.</summary>
    public TimeSpan StartedAt { get; set; }

    /// <summary>The number of calls that were made before this one.</summary>
    public int Sequence { get; set; }

    /// <summary>The session that existed when the call was made; null if there was none.</summary>
    public string? Session { get; set; }

    /// <summary>How often its handler has started.</summary>
    public int RunCount { get; set; }

    /// <summary>When its handler ended; null while it runs or if it never ran.</summary>
    public TimeSpan? HandlerEndedAt { get; set; }

    /// <summary>Whether the call has ended for its caller.</summary>
    public bool HasEnded { get; set; }

    /// <summary>When the call ended for its caller; null before.</summary>
    public TimeSpan? EndedAt { get; set; }

    public bool Succeeded { get; set; }

    /// <summary>Whether its caller got the outcome NotSent.</summary>
    public bool WasNotSent { get; set; }

    /// <summary>Whether its caller has cancelled the call.</summary>
    public bool IsCancelled { get; set; }

    /// <summary>Whether a deadline may end the call: its own, or an inherited one.</summary>
    public bool HasTimeout => script.Timeout is not null || parent?.HasTimeout == true;

    /// <summary>Whether the call may have been cancelled: by its caller, or by cancellation, deadline or end of a parent call.</summary>
    public bool MayBeCancelled => IsCancelled || (parent is not null && (parent.MayBeCancelled || parent.HasTimeout || parent.HasEnded));

    /// <summary>Cancels the call; null before it is made and after it has ended or was cancelled.</summary>
    public Action? Cancel { get; set; }

    /// <summary>
    /// The bytes of items that are in flight in one stream of this call: produced by one side and not consumed by the other.
    /// </summary>
    public long BytesInFlightUp { get; set; }

    /// <inheritdoc cref="BytesInFlightUp"/>
    public long BytesInFlightDown { get; set; }

    public override string ToString() =>
        $"call {number} ({script.Kind} {(script.IsFromClient ? "to the server" : "to the client")}"
        + $"{(parent is null ? "" : $", nested in {parent.Number}")}, started at {StartedAt.TotalSeconds:F6}, run {RunCount} times)";
}
