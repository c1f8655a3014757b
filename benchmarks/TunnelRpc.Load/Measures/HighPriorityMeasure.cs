using System.Diagnostics;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Reporting;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Targets;

namespace TunnelRpc.Load.Measures;

/// <summary>Sequential calls of high priority: alone, and during a bulk transfer in each direction.</summary>
internal sealed class HighPriorityMeasure : IMeasure
{
    public const string MeasureName = "urgent";
    public const string WithUpload = "beside-up";
    public const string WithDownload = "beside-dn";

    public string Name => MeasureName;

    public bool AppliesTo(LoadTarget target, RunSettings settings) => target is TunnelTarget && target.IsFullyMeasured(settings);

    public Task WarmUpAsync(LoadTarget target, RunSettings settings) => settings.Quick ? Task.CompletedTask : RunAsync(target, settings);

    public async Task<IReadOnlyList<Measurement>> RunAsync(LoadTarget target, RunSettings settings)
    {
        ILoadService urgent = ((TunnelTarget)target).Service.With(priority: TunnelPriority.High);
        Func<ValueTask<Sample>> call = () => urgent.EchoAsync(Sample.One);
        return
        [
            ResourceMeter.Row(target, MeasureName, 1, await CallLoop.RunAsync(call, 1, settings.Duration)).Row,
            await MeasureWithBulkAsync(target, WithUpload, call, target.UploadBytesAsync),
            await MeasureWithBulkAsync(target, WithDownload, call, target.DownloadBytesAsync),
        ];
    }

    private static async Task<Measurement> MeasureWithBulkAsync(
        LoadTarget target, string name, Func<ValueTask<Sample>> call, Func<Task> transfer)
    {
        long before = Stopwatch.GetTimestamp();
        Task bulk = Task.Run(transfer);
        Figures figures = await CallLoop.RunAsync(_ => call, 1, _ => !bulk.IsCompleted);
        await bulk;
        double megabytes = Blocks.Bytes / 1_000_000.0;
        return ResourceMeter.Row(target, name, 1, figures).Row with
        {
            MegabytesPerSecond = megabytes / Stopwatch.GetElapsedTime(before).TotalSeconds,
        };
    }
}
