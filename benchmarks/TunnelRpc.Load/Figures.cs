namespace TunnelRpc.Load;

/// <summary>What one run of calls came to.</summary>
public sealed record Figures(double PerSecond, double P50Micros, double P99Micros, double AllocatedBytesPerCall, long Calls);
