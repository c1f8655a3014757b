using TunnelRpc.Testing.Faults;

namespace TunnelRpc.Faults.Tests.Matrix;

/// <summary>A way for a path to behave.</summary>
/// <param name="Personality">The proxy's.</param>
/// <param name="IsForBytes">Whether it also makes sense where nothing is known of HTTP, so for transports over HTTP/2.</param>
/// <param name="Silence">Once connected, nothing is said for so long by the proxy's clock.</param>
public sealed record Column(FaultPersonality Personality, bool IsForBytes = false, TimeSpan? Silence = null);
