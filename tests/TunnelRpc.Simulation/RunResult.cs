namespace TunnelRpc.Simulation;

/// <summary>What a seed came to.</summary>
internal sealed record RunResult(ulong Seed)
{
    public IReadOnlyList<string> Violations { get; init; } = [];

    public ulong Hash { get; init; }

    public long Events { get; init; }

    public int Calls { get; init; }

    public int LostCalls { get; init; }

    public int Links { get; init; }

    public int Cuts { get; init; }

    /// <summary>Requests that were late, lost, repeated, or whose answer was lost.</summary>
    public int FaultyExchanges { get; init; }

    public int Sessions { get; init; }

    public IReadOnlyList<string> TraceTail { get; init; } = [];
}
