using TunnelRpc.Load.Reporting;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Targets;

namespace TunnelRpc.Load.Measures;

/// <summary>Echoes at half the rate that the system reached just before with the usual concurrency, begun on time whether earlier ones are answered or not.</summary>
internal sealed class HalfLoadMeasure : IMeasure
{
    public const string MeasureName = "half-load";

    public string Name => MeasureName;

    public bool AppliesTo(LoadTarget target, RunSettings settings) => target.Supported.HasFlag(Capabilities.Calls) && target.IsFullyMeasured(settings);

    public async Task WarmUpAsync(LoadTarget target, RunSettings settings) =>
        await RunAsync(target, settings with { Duration = settings.WarmUp / 8 });

    public async Task<IReadOnlyList<Measurement>> RunAsync(LoadTarget target, RunSettings settings)
    {
        Figures most = await CallLoop.RunAsync(target.EchoAsync, UnaryMeasure.DefaultConcurrency, settings.Duration / 2);
        return [ResourceMeter.Row(target, Name, 0, await PacedLoop.RunAsync(target.EchoAsync, most.PerSecond / 2, settings.Duration)).Row];
    }
}
