using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace TunnelRpc.Server.Tests.Shares;

/// <summary>Records the instruments of one server.</summary>
internal sealed class ServerMeter : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, long> _sums = new();
    private readonly ConcurrentDictionary<string, long> _values = new();

    public ServerMeter(IServiceProvider services)
    {
        IMeterFactory factory = services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "TunnelRpc" && instrument.Meter.Scope == factory)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            string limit = tags.ToArray().FirstOrDefault(t => t.Key == "tunnelrpc.limit").Value as string ?? "";
            _values[instrument.Name] = value;
            _sums.AddOrUpdate($"{instrument.Name} {limit}", value, (_, sum) => sum + value);
        });
        _listener.Start();
    }

    /// <summary>The clients that were refused at a limit.</summary>
    public long Refused(string limit) => _sums.GetValueOrDefault($"tunnelrpc.server.sessions.refused {limit}");

    /// <summary>The calls that were refused at a limit.</summary>
    public long RefusedCalls(string limit) => _sums.GetValueOrDefault($"tunnelrpc.server.calls.refused {limit}");

    /// <summary>The sessions that were aborted at a limit.</summary>
    public long Shed(string limit) => _sums.GetValueOrDefault($"tunnelrpc.server.sessions.shed {limit}");

    /// <summary>The accounted bytes.</summary>
    public long ReadMemory()
    {
        _listener.RecordObservableInstruments();
        return _values["tunnelrpc.server.memory.usage"];
    }

    public void Dispose() => _listener.Dispose();
}
