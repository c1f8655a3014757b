namespace Fleet.Contracts;

/// <summary>An agent's description of itself.</summary>
/// <param name="Name">The agent's name in the fleet.</param>
/// <param name="Groups">The groups of the agent.</param>
/// <param name="Commands">The names of the commands that the agent runs.</param>
/// <param name="Transport">The transport as the agent sees it: the server does not see a CONNECT to a proxy.</param>
public sealed record AgentDescription(string Name, IReadOnlyList<string> Groups, IReadOnlyList<string> Commands, string? Transport);
