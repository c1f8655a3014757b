namespace Fleet.Contracts;

/// <summary>What has become of a broadcast at one agent.</summary>
/// <param name="Agent">The agent.</param>
/// <param name="Error">Why it did not get there; null when it did.</param>
public sealed record Delivery(string Agent, string? Error);
