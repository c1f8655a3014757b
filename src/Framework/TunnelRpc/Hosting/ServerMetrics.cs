using System.Diagnostics.Metrics;
using TunnelRpc.Accounting;
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
    private readonly Counter<long> _refusedCalls;

    /// <param name="factory">The application's meter factory, which owns the meter. Null: this object creates and owns the meter.</param>
    public ServerMetrics(IMeterFactory? factory)
    {
        _meter = factory?.Create(MeterName) ?? (_ownedMeter = new Meter(MeterName));
        _abortedSessions = _meter.CreateCounter<long>(
            "tunnelrpc.server.sessions.shed",
            "{session}",
            "Sessions that the server aborted because they used too much memory or had no path, by the limit that was reached.");
        _refusedSessions = _meter.CreateCounter<long>(
            "tunnelrpc.server.sessions.refused", "{session}", "Clients that the server refused, by the limit that was reached.");
        _refusedCalls = _meter.CreateCounter<long>(
            "tunnelrpc.server.calls.refused", "{call}", "Calls that exceeded a limit of their user or address, by that limit.");
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
            "tunnelrpc.server.memory.limit",
            () => limitBytes,
            "By",
            "MaxTotalBufferedBytes; the server aborts sessions from three quarters of it on.");
    }

    /// <summary>Counts a session that was aborted to free memory, or because too many were without a path.</summary>
    /// <param name="limit">The name of the limit that was reached.</param>
    public void OnSessionAborted(string limit) => _abortedSessions.Add(1, new KeyValuePair<string, object?>("tunnelrpc.limit", limit));

    /// <summary>Counts a client that was refused: a session, a handshake, or a leg connection.</summary>
    /// <param name="limit">The name of the limit that was reached.</param>
    public void OnSessionRefused(string limit) => _refusedSessions.Add(1, new KeyValuePair<string, object?>("tunnelrpc.limit", limit));

    /// <summary>Counts a client, or a call of it, that exceeds a limit of its user or address.</summary>
    public void OnRefused(PartitionRefusal refusal)
    {
        if (refusal.IsForCall)
        {
            _refusedCalls.Add(1, new KeyValuePair<string, object?>("tunnelrpc.limit", refusal.Limit));
        }
        else
        {
            OnSessionRefused(refusal.Limit);
        }
    }

    public void Dispose() => _ownedMeter?.Dispose();
}
