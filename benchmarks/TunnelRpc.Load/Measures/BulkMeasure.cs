using System.Diagnostics;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Reporting;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Targets;

namespace TunnelRpc.Load.Measures;

/// <summary>Transfers 100 MB in one direction.</summary>
internal sealed class BulkMeasure(string name, Func<LoadTarget, Task> run) : IMeasure
{
    public const string Down = "bulk-down";
    public const string Up = "bulk-up";

    /// <summary>One measure for each direction.</summary>
    public static IReadOnlyList<IMeasure> All { get; } =
    [
        new BulkMeasure(Down, target => target.DownloadBytesAsync()),
        new BulkMeasure(Up, target => target.UploadBytesAsync()),
    ];

    public string Name => name;

    public bool AppliesTo(LoadTarget target, RunSettings settings) =>
        target.Supported.HasFlag(Capabilities.Bulk) && (!settings.Quick || target.IsFullyMeasured(settings));

    /// <summary>
    /// Repeats the transfer for the warm-up time. One transfer takes about 0.1 s, which is too short for the final (tier 1) JIT.
    /// </summary>
    public async Task WarmUpAsync(LoadTarget target, RunSettings settings)
    {
        long startTimestamp = Stopwatch.GetTimestamp();
        do
        {
            await run(target);
        }
        while (Stopwatch.GetElapsedTime(startTimestamp) < settings.SubsequentWarmUp);
    }

    public async Task<IReadOnlyList<Measurement>> RunAsync(LoadTarget target, RunSettings settings)
    {
        long startTimestamp = Stopwatch.GetTimestamp();
        await run(target);
        double megabytes = Blocks.Bytes / 1_000_000.0;
        return
        [
            new Measurement(target.System, target.Transport, name, 1)
            {
                MegabytesPerSecond = megabytes / Stopwatch.GetElapsedTime(startTimestamp).TotalSeconds,
            },
        ];
    }
}
