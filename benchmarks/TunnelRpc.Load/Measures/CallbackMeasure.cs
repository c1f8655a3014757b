using TunnelRpc.Load.Reporting;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Targets;

namespace TunnelRpc.Load.Measures;

/// <summary>Echo calls from the server to its client.</summary>
internal sealed class CallbackMeasure : IMeasure
{
    public const string MeasureName = "callback";

    public string Name => MeasureName;

    public bool AppliesTo(LoadTarget target, RunSettings settings) =>
        target.Supported.HasFlag(Capabilities.CallBacks) && (!settings.Quick || target.IsFullyMeasured(settings));

    public async Task WarmUpAsync(LoadTarget target, RunSettings settings) =>
        await target.Server.CallBackAsync(UnaryMeasure.DefaultConcurrency, settings.SubsequentWarmUp);

    public async Task<IReadOnlyList<Measurement>> RunAsync(LoadTarget target, RunSettings settings) =>
        [await ResourceMeter.RunAsync(target, async () =>
            ResourceMeter.Row(
                target,
                Name,
                UnaryMeasure.DefaultConcurrency,
                await target.Server.CallBackAsync(UnaryMeasure.DefaultConcurrency, settings.Duration)))];
}
