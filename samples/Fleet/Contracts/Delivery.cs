namespace Fleet.Contracts;

/// <summary>The result of a broadcast at one agent.</summary>
/// <param name="Agent">The agent.</param>
/// <param name="Error">Why the broadcast failed at this agent; null when it succeeded.</param>
public sealed record Delivery(string Agent, string? Error);
