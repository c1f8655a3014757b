using TunnelRpc.Logging;

namespace TunnelRpc.Accounting;

/// <summary>The rate of one user or of one address.</summary>
/// <param name="Rate">What is limited.</param>
/// <param name="UserId">The id of the user; null for the rate of an address.</param>
/// <param name="Address">The address; null for the rate of a user.</param>
internal readonly record struct PartitionRateKey(PartitionRate Rate, string? UserId, RemoteAddress? Address);
