using System.Diagnostics.Metrics;

namespace TunnelRpc.Hosting;

/// <summary>What a server counts for whoever watches it: the meter "TunnelRpc". Thread-safe. See docs/metrics.md.</summary>
internal sealed class ServerMetrics : IDisposable
{
    public const string MeterName = "TunnelRpc";

    private readonly Meter? _own;
    private readonly Meter _meter;
    private readonly Counter<long> _shed;
    private readonly Counter<long> _refused;

    /// <param name="factory">The application's, which then owns the meter; null for none.</param>
    public ServerMetrics(IMeterFactory? factory)
    {
        _meter = factory?.Create(MeterName) ?? (_own = new Meter(MeterName));
        _shed = _meter.CreateCounter<long>(
            "tunnelrpc.server.sessions.shed", "{session}", "Sessions that were ended because all of them held too much memory.");
        _refused = _meter.CreateCounter<long>(
            "tunnelrpc.server.sessions.refused", "{session}", "Sessions that were refused, by the limit that was hit.");
    }

    /// <summary>Shows what is read when somebody looks.</summary>
    public void Observe(Func<long> sessions, Func<long> calls, Func<long> held, long ceiling)
    {
        _meter.CreateObservableUpDownCounter("tunnelrpc.server.sessions", sessions, "{session}", "Sessions that are not over.");
        _meter.CreateObservableUpDownCounter("tunnelrpc.server.calls", calls, "{call}", "Calls of clients that run.");
        _meter.CreateObservableUpDownCounter("tunnelrpc.server.memory.usage", held, "By", "Bytes that sessions hold in send buffers, messages half received and for calls.");
        _meter.CreateObservableUpDownCounter("tunnelrpc.server.memory.limit", () => ceiling, "By", "MaxTotalBufferedBytes, past which sessions are ended.");
    }

    /// <summary>A session was ended to make room.</summary>
    public void OnShed() => _shed.Add(1);

    /// <summary>A session was refused.</summary>
    /// <param name="limit">The limit's name.</param>
    public void OnRefused(string limit) => _refused.Add(1, new KeyValuePair<string, object?>("tunnelrpc.limit", limit));

    public void Dispose() => _own?.Dispose();
}
