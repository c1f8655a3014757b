namespace Fleet.Contracts;

/// <summary>An agent of the fleet, as an operator sees it.</summary>
public sealed record AgentInfo(
    string Name,
    IReadOnlyList<string> Groups,
    IReadOnlyList<string> Commands,
    string Transport,
    string? Address,
    DateTimeOffset ConnectedSince);
