using System.Diagnostics;
using TunnelRpc.Load.Reporting;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Targets;

namespace TunnelRpc.Load.Measures;

/// <summary>Concurrent echo calls on one connection.</summary>
/// <param name="concurrency">The number of concurrent calls.</param>
/// <param name="isFirst">Whether this is the first measure, so that the systems are cold.</param>
internal sealed class UnaryMeasure(int concurrency, bool isFirst) : IMeasure
{
    public const string MeasureName = "unary";

    /// <summary>The concurrency at which transports are compared.</summary>
    public const int DefaultConcurrency = 128;

    private const double MaxDifference = 0.1;

    public string Name => MeasureName;

    public bool AppliesTo(LoadTarget target, RunSettings settings) =>
        target.Supported.HasFlag(Capabilities.Calls)
        && (concurrency == DefaultConcurrency || !settings.Quick || target.IsFullyMeasured(settings));

    public async Task WarmUpAsync(LoadTarget target, RunSettings settings)
    {
        if (isFirst || (settings.Quick && !target.IsFullyMeasured(settings)))
        {
            TimeSpan warmUp = target.IsFullyMeasured(settings) ? settings.WarmUp : settings.WarmUp / 3;
            await target.CallAsync(1, warmUp / 4);
            await WarmUpUntilStableAsync(target, warmUp);
        }
    }

    public async Task<IReadOnlyList<Measurement>> RunAsync(LoadTarget target, RunSettings settings) =>
        [await ResourceMeter.RunAsync(target, async () =>
            ResourceMeter.Row(target, Name, concurrency, await target.CallAsync(concurrency, settings.Duration)))];

    // Calls until the rates of three successive windows differ by at most a tenth, for four times the warm-up at most: how long the JIT
    // needs depends on the machine and on the system.
    private static async Task WarmUpUntilStableAsync(LoadTarget target, TimeSpan warmUp)
    {
        long startTimestamp = Stopwatch.GetTimestamp();
        double first = 0;
        double second = 0;
        do
        {
            double third = (await target.CallAsync(DefaultConcurrency, warmUp / 4)).PerSecond;
            (double lowest, double highest) = (Math.Min(Math.Min(first, second), third), Math.Max(Math.Max(first, second), third));
            if (highest <= lowest * (1 + MaxDifference))
            {
                return;
            }

            (first, second) = (second, third);
        }
        while (Stopwatch.GetElapsedTime(startTimestamp) < 4 * warmUp);
    }
}
