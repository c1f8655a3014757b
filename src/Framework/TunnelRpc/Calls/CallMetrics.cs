using System.Diagnostics.Metrics;

namespace TunnelRpc.Calls;

/// <summary>The instruments of calls that clients and servers have in common. docs/metrics.md describes them. Thread-safe.</summary>
internal static class CallMetrics
{
    private static readonly Meter Meter = new("TunnelRpc");

    private static readonly Counter<long> LongWaits = Meter.CreateCounter<long>(
        "tunnelrpc.waits.long", "{wait}", "Calls and stream items that had waited for capacity of the peer for more than a second.");

    /// <summary>Counts long waits. Called at most once a minute for each session.</summary>
    public static void OnLongWaits(int count) => LongWaits.Add(count);
}
