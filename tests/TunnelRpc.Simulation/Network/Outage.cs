namespace TunnelRpc.Simulation.Network;

/// <summary>A time in which no connection or request reaches the server.</summary>
/// <param name="StartsAt">When the outage starts.</param>
/// <param name="Duration">How long the outage lasts.</param>
/// <param name="Refuses">Whether connects are refused; otherwise they hang.</param>
/// <param name="Cuts">Whether the open links are cut when the outage starts.</param>
/// <param name="Restarts">Whether the outage is a restart of the server, which loses its sessions.</param>
internal sealed record Outage(TimeSpan StartsAt, TimeSpan Duration, bool Refuses, bool Cuts, bool Restarts);
