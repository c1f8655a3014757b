namespace TunnelRpc.Load.Measures;

/// <summary>What a path costs before it carries a call: medians.</summary>
/// <param name="Path">What stands on it.</param>
/// <param name="Winner">The transport that carried the call.</param>
/// <param name="GetMilliseconds">A plain GET over a connection of its own.</param>
/// <param name="FirstCallMilliseconds">From a new client to its first answered call.</param>
internal sealed record ConnectFigures(string Path, string Winner, double GetMilliseconds, double FirstCallMilliseconds);
