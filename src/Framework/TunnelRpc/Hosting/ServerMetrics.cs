using System.Diagnostics.Metrics;

namespace TunnelRpc.Hosting;

/// <summary>What a server counts for whoever watches it: the meter "TunnelRpc". Thread-safe. See docs/metrics.md.</summary>
internal sealed class ServerMetrics : IDisposable
{
    public const string MeterName = "TunnelRpc";

    private readonly Meter? _ownedMeter;
    private readonly Meter _meter;
    private readonly Counter<long> _abortedSessions;
    private readonly Counter<long> _refusedSessions;

    /// <param name="factory">The application's, which then owns the meter; null for none.</param>
    public ServerMetrics(IMeterFactory? factory)
    {
        _meter = factory?.Create(MeterName) ?? (_ownedMeter = new Meter(MeterName));
        _abortedSessions = _meter.CreateCounter<long>(
            "tunnelrpc.server.sessions.shed", "{session}", "Sessions that were ended because all of them held too much memory.");
        _refusedSessions = _meter.CreateCounter<long>(
            "tunnelrpc.server.sessions.refused", "{session}", "Sessions that were refused, by the limit that was hit.");
    }

    /// <summary>Shows what is read when somebody looks.</summary>
    public void AddObservableInstruments(Func<long> sessions, Func<long> calls, Func<long> reservedBytes, long limitBytes)
    {
        _meter.CreateObservableUpDownCounter("tunnelrpc.server.sessions", sessions, "{session}", "Sessions that are not over.");
        _meter.CreateObservableUpDownCounter("tunnelrpc.server.calls", calls, "{call}", "Calls of clients that run.");
        _meter.CreateObservableUpDownCounter("tunnelrpc.server.memory.usage", reservedBytes, "By", "Bytes that sessions hold in send buffers, messages half received and for calls.");
        _meter.CreateObservableUpDownCounter("tunnelrpc.server.memory.limit", () => limitBytes, "By", "MaxTotalBufferedBytes, past which sessions are ended.");
    }

    /// <summary>A session was ended to make room.</summary>
    public void OnSessionAborted() => _abortedSessions.Add(1);

    /// <summary>A session was refused.</summary>
    /// <param name="limit">The limit's name.</param>
    public void OnSessionRefused(string limit) => _refusedSessions.Add(1, new KeyValuePair<string, object?>("tunnelrpc.limit", limit));

    public void Dispose() => _ownedMeter?.Dispose();
}
