namespace Fleet.Contracts;

/// <summary>What an agent says of itself.</summary>
/// <param name="Name">Its name in the fleet.</param>
/// <param name="Groups">The groups that it belongs to.</param>
/// <param name="Commands">The names of the commands that it runs.</param>
/// <param name="Transport">What it has come over, as it sees it itself: a server does not see a CONNECT that a proxy has answered.</param>
public sealed record AgentDescription(string Name, IReadOnlyList<string> Groups, IReadOnlyList<string> Commands, string? Transport);
