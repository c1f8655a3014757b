namespace TunnelRpc.Diagnostics;

/// <summary>The differences between two versions of a contract.</summary>
internal sealed record ContractComparisonResult
{
    /// <summary>The most differences that are kept: 20.</summary>
    public const int MaxDifferences = 20;

    /// <summary>The differences that affect a peer, each a sentence, first those that break it.</summary>
    public required IReadOnlyList<string> Differences { get; init; }

    /// <summary>Whether one of them breaks a peer.</summary>
    public bool IsBreaking { get; init; }
}
