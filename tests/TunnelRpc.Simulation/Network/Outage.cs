namespace TunnelRpc.Simulation.Network;

/// <summary>A time in which nobody gets through.</summary>
/// <param name="StartsAt">When it begins.</param>
/// <param name="Duration">How long it lasts.</param>
/// <param name="Refuses">Whether connects are refused; otherwise they hang.</param>
/// <param name="Cuts">Whether the links that are up are cut as it begins.</param>
/// <param name="Restarts">Whether it is the server that goes, and comes back without its sessions.</param>
internal sealed record Outage(TimeSpan StartsAt, TimeSpan Duration, bool Refuses, bool Cuts, bool Restarts);
