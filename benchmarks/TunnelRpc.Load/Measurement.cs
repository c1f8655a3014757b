namespace TunnelRpc.Load;

/// <summary>One row: medians over the rounds. A field that was not measured is null, and left out of JSON.</summary>
internal sealed record Measurement(
    string System,
    string Transport,
    string Measure,
    int Concurrency,
    double PerSecond,
    double P50Micros,
    double P99Micros,
    double? AllocatedBytesClient,
    double? AllocatedBytesServer)
{
    /// <summary>How fast the bulk beside the calls went, in units of 10^6 bytes.</summary>
    public double? BulkMegabytesPerSecond { get; init; }
}
