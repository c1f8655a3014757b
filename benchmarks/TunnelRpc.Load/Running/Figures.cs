namespace TunnelRpc.Load.Running;

/// <summary>The results of one run of calls.</summary>
internal sealed record Figures(double PerSecond, double P50Micros, double P99Micros, double P999Micros, long Calls);
