using TunnelRpc.Load.Reporting;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Targets;

namespace TunnelRpc.Load.Measures;

/// <summary>
/// Echo calls at half the rate that the system reached immediately before with the default concurrency. They start on schedule, whether or
/// not earlier calls have completed.
/// </summary>
internal sealed class HalfLoadMeasure : IMeasure
{
    public const string MeasureName = "half-load";

    public string Name => MeasureName;

    public bool AppliesTo(LoadTarget target, RunSettings settings) =>
        target is not PeerTarget && target.Supported.HasFlag(Capabilities.Calls) && target.IsFullyMeasured(settings);

    public async Task WarmUpAsync(LoadTarget target, RunSettings settings) =>
        await RunAsync(target, settings with { Duration = settings.WarmUp / 8 });

    public async Task<IReadOnlyList<Measurement>> RunAsync(LoadTarget target, RunSettings settings)
    {
        Figures max = await CallLoop.RunAsync(target.EchoAsync, UnaryMeasure.DefaultConcurrency, settings.Duration / 2);
        return [ResourceMeter.Row(target, Name, 0, await PacedLoop.RunAsync(target.EchoAsync, max.PerSecond / 2, settings.Duration)).Row];
    }
}
