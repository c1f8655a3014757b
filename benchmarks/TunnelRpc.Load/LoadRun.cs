using System.Diagnostics;

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

            foreach (LoadTarget target in targets.Where(t => t.Service is not null))
            {
                taken.AddRange(await UrgentAsync(target));
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

    /// <summary>Calls of high priority one after the other, alone and beside bulk.</summary>
    private async Task<IReadOnlyList<Measurement>> UrgentAsync(LoadTarget target)
    {
        ILoadService urgent = target.Service!.With(priority: TunnelPriority.High);
        Func<ValueTask<Sample>> call = () => urgent.EchoAsync(Sample.One);
        var taken = new List<Measurement> { Row("urgent", await CallLoop.RunAsync(call, 1, duration)) };
        foreach ((string name, Func<ILoadService, Task> start) in ((string, Func<ILoadService, Task>)[])[("beside-up", Bulk.UploadAsync), ("beside-dn", Bulk.DownloadAsync)])
        {
            long before = Stopwatch.GetTimestamp();
            Task bulk = Task.Run(() => start(target.Service!));
            Figures figures = await CallLoop.RunAsync(call, 1, _ => !bulk.IsCompleted);
            await bulk;
            double megabytes = (double)Bulk.BlockCount * Bulk.BlockSize / 1_000_000;
            taken.Add(Row(name, figures) with { BulkMegabytesPerSecond = megabytes / Stopwatch.GetElapsedTime(before).TotalSeconds });
        }

        return taken;

        Measurement Row(string measure, Figures figures) =>
            new(target.System, target.Transport, measure, 1, figures.PerSecond, figures.P50Micros, figures.P99Micros, null, null);
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
            BulkMegabytesPerSecond = Of(m => m.BulkMegabytesPerSecond),
        };

        double? Of(Func<Measurement, double?> field)
        {
            double[] values = [.. all.Select(field).OfType<double>().Order()];
            return values.Length == 0 ? null : values[values.Length / 2];
        }
    }
}
