using System.Diagnostics.Metrics;
using TunnelRpc.Calls;

namespace TunnelRpc.Hosting;

/// <summary>The instruments of a server, in the meter "TunnelRpc". docs/metrics.md describes them. Thread-safe.</summary>
internal sealed class ServerMetrics : IDisposable
{
    public const string MeterName = CallMetrics.MeterName;

    private readonly Meter? _ownedMeter;
    private readonly Meter _meter;
    private readonly Counter<long> _abortedSessions;
    private readonly Counter<long> _refusedSessions;

    /// <param name="factory">The application's meter factory, which owns the meter. Null: this object creates and owns the meter.</param>
    public ServerMetrics(IMeterFactory? factory)
    {
        _meter = factory?.Create(MeterName) ?? (_ownedMeter = new Meter(MeterName));
        _abortedSessions = _meter.CreateCounter<long>(
            "tunnelrpc.server.sessions.shed",
            "{session}",
            "Sessions that the server aborted because all sessions together used too much memory.");
        _refusedSessions = _meter.CreateCounter<long>(
            "tunnelrpc.server.sessions.refused", "{session}", "Sessions that the server refused, by the limit that was reached.");
    }

    /// <summary>Adds the instruments that read their value when they are observed.</summary>
    public void AddObservableInstruments(Func<long> sessions, Func<long> calls, Func<long> accountedBytes, long limitBytes)
    {
        _meter.CreateObservableUpDownCounter("tunnelrpc.server.sessions", sessions, "{session}", "Sessions that have not ended.");
        _meter.CreateObservableUpDownCounter("tunnelrpc.server.calls", calls, "{call}", "Running calls of clients.");
        _meter.CreateObservableUpDownCounter(
            "tunnelrpc.server.memory.usage",
            accountedBytes,
            "By",
            "Bytes of sessions in send buffers, incomplete messages and messages of calls.");
        _meter.CreateObservableUpDownCounter(
            "tunnelrpc.server.memory.limit", () => limitBytes, "By", "MaxTotalBufferedBytes, above which the server aborts sessions.");
    }

    /// <summary>Counts a session that was aborted to free memory.</summary>
    public void OnSessionAborted() => _abortedSessions.Add(1);

    /// <summary>Counts a session that was refused.</summary>
    /// <param name="limit">The name of the limit that was reached.</param>
    public void OnSessionRefused(string limit) => _refusedSessions.Add(1, new KeyValuePair<string, object?>("tunnelrpc.limit", limit));

    public void Dispose() => _ownedMeter?.Dispose();
}
