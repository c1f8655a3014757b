using TunnelRpc.Testing.Faults;

namespace TunnelRpc.Faults.Tests.Matrix;

/// <summary>A column of the matrix: the behavior of an intermediary.</summary>
/// <param name="Profile">The profile of the fault proxy.</param>
/// <param name="IsTcpOnly">
/// Whether the profile applies without knowledge of HTTP, so that it can be used with transports over HTTP/2.
/// </param>
/// <param name="StallTime">After the connect, the time without traffic, by the proxy's clock; null for none.</param>
public sealed record Column(FaultProfile Profile, bool IsTcpOnly = false, TimeSpan? StallTime = null);
