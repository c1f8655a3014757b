using TunnelRpc.Load.Measures;
using TunnelRpc.Load.Reporting;
using TunnelRpc.Load.Targets;

namespace TunnelRpc.Load.Running;

/// <summary>Interleaves the systems' rounds, since the machine drifts, and takes medians.</summary>
internal sealed class LoadRun(RunSettings settings, CancellationToken cancellationToken)
{
    /// <summary>The rows, in the measures' order and then the systems'.</summary>
    public async Task<IReadOnlyList<Measurement>> RunAsync(IReadOnlyList<LoadTarget> targets, IReadOnlyList<IMeasure> measures)
    {
        var rows = new List<Measurement>();
        foreach (IMeasure measure in measures)
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

            rows.AddRange(taken.GroupBy(m => (m.System, m.Transport, m.Measure, m.Concurrency)).Select(Measurement.Median));
        }

        return rows;
    }
}
