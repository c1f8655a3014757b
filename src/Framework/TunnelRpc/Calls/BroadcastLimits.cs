namespace TunnelRpc.Calls;

/// <summary>The limits of the one-way broadcasts that wait for one session.</summary>
/// <param name="MaxCalls">The server's limit MaxPendingBroadcasts.</param>
/// <param name="MaxBytes">The server's limit MaxPendingBroadcastBytes.</param>
internal readonly record struct BroadcastLimits(int MaxCalls, int MaxBytes);
