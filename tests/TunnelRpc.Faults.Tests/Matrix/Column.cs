using TunnelRpc.Testing.Faults;

namespace TunnelRpc.Faults.Tests.Matrix;

/// <summary>A way for a path to behave.</summary>
/// <param name="Profile">The proxy's.</param>
/// <param name="IsTcpOnly">Whether it also makes sense where nothing is known of HTTP, so for transports over HTTP/2.</param>
/// <param name="StallTime">Once connected, nothing is said for so long by the proxy's clock.</param>
public sealed record Column(FaultProfile Profile, bool IsTcpOnly = false, TimeSpan? StallTime = null);
