using TunnelRpc.Simulation.Workload;

namespace TunnelRpc.Simulation.Model;

/// <summary>What the model knows of a call: what was asked for, how often it ran, how it ended for its caller.</summary>
internal sealed class CallRecord(int number, CallScript script, CallRecord? parent)
{
    public int Number => number;

    public CallScript Script => script;

    /// <summary>The call that this one is nested in; null for none.</summary>
    public CallRecord? Parent => parent;

    public TimeSpan Started { get; set; }

    /// <summary>How many calls were made before it.</summary>
    public int Turn { get; set; }

    /// <summary>The session that was up as it was made; null when there was none.</summary>
    public string? Session { get; set; }

    /// <summary>How often its implementation was called.</summary>
    public int Runs { get; set; }

    /// <summary>When its implementation ended; null while it runs, or where it never did.</summary>
    public TimeSpan? RunOver { get; set; }

    /// <summary>Whether its caller has been told how it ended.</summary>
    public bool IsOver { get; set; }

    public bool Succeeded { get; set; }

    /// <summary>Whether its caller was told that it never ran.</summary>
    public bool WasNotSent { get; set; }

    /// <summary>Whether its caller gave it up.</summary>
    public bool IsCancelled { get; set; }

    /// <summary>Whether a deadline may end it, its own or one that it inherits.</summary>
    public bool HasDeadline => script.Deadline is not null || parent?.HasDeadline == true;

    /// <summary>Whether somebody may have given it up.</summary>
    public bool MayBeCancelled => IsCancelled || (parent is not null && (parent.MayBeCancelled || parent.HasDeadline || parent.IsOver));

    public override string ToString() =>
        $"call {number} ({script.Kind} {(script.IsUp ? "to the server" : "to the client")}{(parent is null ? "" : $", nested in {parent.Number}")}, begun at {Started.TotalSeconds:F6}, run {Runs} times)";
}
