using TunnelRpc.Load.Measures;
using TunnelRpc.Load.Reporting;
using TunnelRpc.Load.Targets;

namespace TunnelRpc.Load.Running;

/// <summary>Interleaves the rounds of the systems, because the speed of the machine varies over time, and calculates medians.</summary>
internal sealed class LoadRun(RunSettings settings, CancellationToken cancellationToken)
{
    /// <summary>Returns the rows, ordered by measure and then by system. Prints the table of each measure when it is complete.</summary>
    public async Task<IReadOnlyList<Measurement>> RunAsync(IReadOnlyList<LoadTarget> targets, IReadOnlyList<IMeasure> measures)
    {
        var rows = new List<Measurement>();
        foreach (IGrouping<string, IMeasure> named in measures.GroupBy(m => m.Name))
        {
            List<Measurement> measurements = [];
            foreach (IMeasure measure in named)
            {
                measurements.AddRange(await MeasureAsync(targets, measure));
            }

            RowTable.Print(measurements);
            rows.AddRange(measurements);
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

        var measurements = new List<Measurement>();
        for (int round = 0; round < settings.Rounds; round++)
        {
            foreach (LoadTarget target in measured)
            {
                cancellationToken.ThrowIfCancellationRequested();
                measurements.AddRange(await measure.RunAsync(target, settings));
            }
        }

        return measurements.GroupBy(m => (m.System, m.Transport, m.Measure, m.Concurrency)).Select(Measurement.Median);
    }
}
