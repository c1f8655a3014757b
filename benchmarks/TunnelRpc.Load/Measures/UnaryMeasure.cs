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

    public string Name => MeasureName;

    public bool AppliesTo(LoadTarget target, RunSettings settings) =>
        target.Supported.HasFlag(Capabilities.Calls)
        && (concurrency == DefaultConcurrency || !settings.Quick || target.IsFullyMeasured(settings));

    public async Task WarmUpAsync(LoadTarget target, RunSettings settings)
    {
        if (isFirst || (settings.Quick && !target.IsFullyMeasured(settings)))
        {
            TimeSpan warmUp = target.IsFullyMeasured(settings) ? settings.WarmUp : settings.WarmUp / 3;
            await CallLoop.RunAsync(target.EchoAsync, 1, warmUp / 4);
            await CallLoop.RunAsync(target.EchoAsync, DefaultConcurrency, warmUp * 3 / 4);
        }
    }

    public async Task<IReadOnlyList<Measurement>> RunAsync(LoadTarget target, RunSettings settings) =>
        [await ResourceMeter.RunAsync(target.Server, async () =>
            ResourceMeter.Row(target, Name, concurrency, await CallLoop.RunAsync(target.EchoAsync, concurrency, settings.Duration)))];
}
