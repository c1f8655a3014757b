namespace TunnelRpc.Load.Running;

/// <summary>What one run of calls came to.</summary>
internal sealed record Figures(double PerSecond, double P50Micros, double P99Micros, double P999Micros, long Calls);
