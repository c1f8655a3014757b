using TunnelRpc.Load.Reporting;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Targets;

namespace TunnelRpc.Load.Measures;

/// <summary>One stream of small items.</summary>
internal sealed class StreamMeasure(string name, Capabilities needed, Func<LoadTarget, TimeSpan, Task<StreamFigures>> run) : IMeasure
{
    public const string Down = "stream-down";
    public const string Up = "stream-up";
    public const string Both = "stream-both";

    /// <summary>One measure for each direction, and one for both.</summary>
    public static IReadOnlyList<IMeasure> All { get; } =
    [
        new StreamMeasure(Down, Capabilities.ItemsDown, (target, duration) => target.DownloadItemsAsync(duration)),
        new StreamMeasure(Up, Capabilities.ItemsUp, (target, duration) => target.UploadItemsAsync(duration)),
        new StreamMeasure(Both, Capabilities.ItemsBoth, (target, duration) => target.EchoItemsAsync(duration)),
    ];

    public string Name => name;

    public bool AppliesTo(LoadTarget target, RunSettings settings) => target.Supported.HasFlag(needed) && target.IsFullyMeasured(settings);

    public Task WarmUpAsync(LoadTarget target, RunSettings settings) => run(target, settings.SubsequentWarmUp);

    public async Task<IReadOnlyList<Measurement>> RunAsync(LoadTarget target, RunSettings settings) =>
        [await ResourceMeter.RunAsync(target, async () =>
        {
            StreamFigures figures = await run(target, settings.Duration);
            return (new Measurement(target.System, target.Transport, name, 1) { PerSecond = figures.PerSecond }, figures.Items);
        })];
}
