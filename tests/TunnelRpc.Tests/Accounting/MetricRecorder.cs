using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace TunnelRpc.Tests.Accounting;

/// <summary>Records the meter of one application, as an exporter does.</summary>
internal sealed class MetricRecorder : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<(string Name, long Value, KeyValuePair<string, object?>[] Tags)> _measurements = new();

    public MetricRecorder(IServiceProvider services)
    {
        IMeterFactory factory = services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            // Servers of other tests have meters of the same name.
            if (instrument.Meter.Name == "TunnelRpc" && instrument.Meter.Scope == factory)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>(
            (instrument, value, tags, _) => _measurements.Enqueue((instrument.Name, value, tags.ToArray())));
        _listener.Start();
    }

    /// <summary>The current value of an observable instrument.</summary>
    public long Read(string name)
    {
        _listener.RecordObservableInstruments();
        return _measurements.Last(m => m.Name == name).Value;
    }

    /// <summary>The sum of a counter, for this attribute.</summary>
    public long Sum(string name, params (string Key, string Value)[] tags) => _measurements
        .Where(m => m.Name == name && tags.All(tag => m.Tags.Contains(new KeyValuePair<string, object?>(tag.Key, tag.Value))))
        .Sum(m => m.Value);

    public void Dispose() => _listener.Dispose();
}
