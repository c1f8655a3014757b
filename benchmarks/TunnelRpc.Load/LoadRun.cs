namespace TunnelRpc.Load;

/// <summary>Interleaves the systems' rounds, since the machine drifts, and takes medians.</summary>
internal sealed class LoadRun(TimeSpan duration, TimeSpan warmUp, int rounds)
{
    private static readonly int[] Concurrencies = [1, 16, 128, 1024];
    private const int CallbackConcurrency = 128;

    public async Task<IReadOnlyList<Measurement>> RunAsync(IReadOnlyList<LoadTarget> targets)
    {
        foreach (LoadTarget target in targets)
        {
            await CallLoop.RunAsync(target.Call, 1, warmUp / 4);
            await CallLoop.RunAsync(target.Call, 128, warmUp);
            if (target.CallBack is not null)
            {
                await target.CallBack(CallbackConcurrency, (int)(warmUp / 2).TotalMilliseconds);
            }
        }

        var taken = new List<Measurement>();
        for (int round = 0; round < rounds; round++)
        {
            foreach (int concurrency in Concurrencies)
            {
                foreach (LoadTarget target in targets)
                {
                    taken.Add(await UnaryAsync(target, concurrency));
                }
            }

            foreach (LoadTarget target in targets.Where(t => t.CallBack is not null))
            {
                Figures figures = await target.CallBack!(CallbackConcurrency, (int)duration.TotalMilliseconds);
                taken.Add(new Measurement(
                    target.System, target.Transport, "callback", CallbackConcurrency, figures.PerSecond, figures.P50Micros, figures.P99Micros, null, figures.AllocatedBytesPerCall));
            }
        }

        return [.. taken.GroupBy(m => (m.System, m.Transport, m.Measure, m.Concurrency)).Select(Median)];
    }

    private async Task<Measurement> UnaryAsync(LoadTarget target, int concurrency)
    {
        long before = await target.ServerAllocatedAsync();
        Figures figures = await CallLoop.RunAsync(target.Call, concurrency, duration);
        long allocated = await target.ServerAllocatedAsync() - before;
        return new Measurement(
            target.System, target.Transport, "unary", concurrency, figures.PerSecond, figures.P50Micros, figures.P99Micros, figures.AllocatedBytesPerCall, (double)allocated / figures.Calls);
    }

    private static Measurement Median(IEnumerable<Measurement> rounds)
    {
        Measurement[] all = [.. rounds];
        return all[0] with
        {
            PerSecond = Of(m => m.PerSecond)!.Value,
            P50Micros = Of(m => m.P50Micros)!.Value,
            P99Micros = Of(m => m.P99Micros)!.Value,
            AllocatedBytesClient = Of(m => m.AllocatedBytesClient),
            AllocatedBytesServer = Of(m => m.AllocatedBytesServer),
        };

        double? Of(Func<Measurement, double?> field)
        {
            double[] values = [.. all.Select(field).OfType<double>().Order()];
            return values.Length == 0 ? null : values[values.Length / 2];
        }
    }
}
