using System.Collections.Concurrent;

namespace TunnelRpc.Lab;

/// <summary>The results of this run, for the page. Thread-safe.</summary>
internal static class LabResults
{
    public static ConcurrentDictionary<string, Measurement> Measured { get; } = new();

    public static ConcurrentDictionary<string, IReadOnlyList<SingleTransportResult>> SingleTransport { get; } = new();
}
