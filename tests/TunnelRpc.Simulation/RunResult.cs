namespace TunnelRpc.Simulation;

/// <summary>What a seed came to.</summary>
internal sealed record RunResult(ulong Seed)
{
    public IReadOnlyList<string> Violations { get; init; } = [];

    public ulong Hash { get; init; }

    public long Events { get; init; }

    public int Calls { get; init; }

    public int Lost { get; init; }

    public int Links { get; init; }

    public int Cuts { get; init; }

    public int Sessions { get; init; }

    public IReadOnlyList<string> Tail { get; init; } = [];
}
