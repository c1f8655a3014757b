using TunnelRpc.Load.Measures;
using TunnelRpc.Load.Reporting;
using TunnelRpc.Load.Targets;

namespace TunnelRpc.Load.Running;

/// <summary>Interleaves the systems' rounds, since the machine drifts, and takes medians.</summary>
internal sealed class LoadRun(RunSettings settings, CancellationToken cancellationToken)
{
    /// <summary>The rows, in the measures' order and then the systems'. What has been measured is printed while the rest is.</summary>
    public async Task<IReadOnlyList<Measurement>> RunAsync(IReadOnlyList<LoadTarget> targets, IReadOnlyList<IMeasure> measures)
    {
        var rows = new List<Measurement>();
        foreach (IGrouping<string, IMeasure> named in measures.GroupBy(m => m.Name))
        {
            List<Measurement> taken = [];
            foreach (IMeasure measure in named)
            {
                taken.AddRange(await MeasureAsync(targets, measure));
            }

            RowTable.Print(taken);
            rows.AddRange(taken);
        }

        return rows;
    }

    private async Task<IEnumerable<Measurement>> MeasureAsync(IReadOnlyList<LoadTarget> targets, IMeasure measure)
    {
        LoadTarget[] measured = [.. targets.Where(t => measure.AppliesTo(t, settings))];
        foreach (LoadTarget target in measured)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await measure.WarmUpAsync(target, settings);
        }

        var taken = new List<Measurement>();
        for (int round = 0; round < settings.Rounds; round++)
        {
            foreach (LoadTarget target in measured)
            {
                cancellationToken.ThrowIfCancellationRequested();
                taken.AddRange(await measure.RunAsync(target, settings));
            }
        }

        return taken.GroupBy(m => (m.System, m.Transport, m.Measure, m.Concurrency)).Select(Measurement.Median);
    }
}
