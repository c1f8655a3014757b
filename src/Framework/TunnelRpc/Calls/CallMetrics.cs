using System.Diagnostics.Metrics;

namespace TunnelRpc.Calls;

/// <summary>The instruments of calls that clients and servers have in common. docs/metrics.md describes them. Thread-safe.</summary>
internal static class CallMetrics
{
    /// <summary>The name of the meter of all instruments.</summary>
    public const string MeterName = "TunnelRpc";

    private static readonly Meter Meter = new(MeterName);

    private static readonly Counter<long> LongWaits = Meter.CreateCounter<long>(
        "tunnelrpc.waits.long", "{wait}", "Calls and stream items that had waited for capacity of the peer for more than a second.");

    private static readonly Counter<long> Unauthorized = Meter.CreateCounter<long>(
        "tunnelrpc.calls.unauthorized", "{call}", "Calls that authorization refused, by method and status.");

    private static readonly Counter<long> DroppedBroadcasts = Meter.CreateCounter<long>(
        "tunnelrpc.broadcasts.dropped", "{call}", "One-way broadcasts that a slow session did not get, by method and policy.");

    private static readonly Counter<long> SlowSessions = Meter.CreateCounter<long>(
        "tunnelrpc.broadcasts.disconnects", "{session}", "Sessions that the policy Disconnect ended because they did not take broadcasts.");

    /// <summary>Counts a one-way broadcast that one session does not get.</summary>
    public static void OnBroadcastDropped(TunnelMethod method, TunnelBroadcastPolicyKind policy) => DroppedBroadcasts.Add(
        1,
        new KeyValuePair<string, object?>("rpc.method", method.FullName),
        new KeyValuePair<string, object?>("tunnelrpc.policy", policy.ToString()));

    /// <summary>Counts a session that was ended because it did not take broadcasts.</summary>
    public static void OnSlowSessionEnded() => SlowSessions.Add(1);

    /// <summary>Counts a call that authorization refused.</summary>
    public static void OnUnauthorized(TunnelMethod method, TunnelStatus status) => Unauthorized.Add(
        1,
        new KeyValuePair<string, object?>("rpc.method", method.FullName),
        new KeyValuePair<string, object?>("status", status.ToString()));

    /// <summary>Counts long waits. Called at most once a minute for each session.</summary>
    public static void OnLongWaits(int count) => LongWaits.Add(count);
}
