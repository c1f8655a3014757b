using TunnelRpc.Load.Reporting;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Targets;

namespace TunnelRpc.Load.Measures;

/// <summary>Echoes from the server to its client.</summary>
internal sealed class CallbackMeasure : IMeasure
{
    public const string MeasureName = "callback";

    public string Name => MeasureName;

    public bool AppliesTo(LoadTarget target, RunSettings settings) => target.Can.HasFlag(Capabilities.CallBacks) && (!settings.Quick || target.IsMeasuredWhole(settings));

    public async Task WarmUpAsync(LoadTarget target, RunSettings settings) =>
        await target.Server.CallBackAsync(UnaryMeasure.Usual, settings.LaterWarmUp);

    public async Task<IReadOnlyList<Measurement>> RunAsync(LoadTarget target, RunSettings settings) =>
        [await Metered.RunAsync(target.Server, async () =>
            Metered.Row(target, Name, UnaryMeasure.Usual, await target.Server.CallBackAsync(UnaryMeasure.Usual, settings.Duration)))];
}
