namespace TunnelRpc.Simulation;

/// <summary>The result of one run.</summary>
internal sealed record RunResult(ulong Seed)
{
    /// <summary>Violations of the model; empty if the run passed.</summary>
    public IReadOnlyList<string> Violations { get; init; } = [];

    /// <summary>The hash of all trace entries.</summary>
    public ulong Hash { get; init; }

    public long Events { get; init; }

    public int Calls { get; init; }

    /// <summary>Calls that failed because their session ended.</summary>
    public int LostCalls { get; init; }

    public int Links { get; init; }

    /// <summary>Links that a fault ended.</summary>
    public int Cuts { get; init; }

    /// <summary>Requests that were delayed, dropped or duplicated, or whose response was dropped.</summary>
    public int FaultyExchanges { get; init; }

    /// <summary>Sessions, counted on both sides.</summary>
    public int Sessions { get; init; }

    /// <summary>The last trace entries of a run that failed.</summary>
    public IReadOnlyList<string> TraceTail { get; init; } = [];
}
