using System.Diagnostics;

namespace TunnelRpc.Load;

/// <summary>Runs one call again and again, so many at once, and measures.</summary>
internal static class CallLoop
{
    private const int LatenciesPerWorker = 20_000;

    /// <summary>For so long.</summary>
    public static Task<Figures> RunAsync(Func<ValueTask<Sample>> call, int concurrency, TimeSpan duration)
    {
        long end = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        return RunAsync(call, concurrency, now => now < end);
    }

    /// <summary>As long as <paramref name="goesOn"/> says, which is given the clock's reading.</summary>
    public static async Task<Figures> RunAsync(Func<ValueTask<Sample>> call, int concurrency, Func<long, bool> goesOn)
    {
        var workers = new Worker[concurrency];
        for (int i = 0; i < concurrency; i++)
        {
            workers[i] = new Worker(call);
        }

        long allocated = GC.GetTotalAllocatedBytes(precise: false);
        long start = Stopwatch.GetTimestamp();
        await Task.WhenAll(workers.Select(w => Task.Run(() => w.RunAsync(goesOn))));
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        allocated = GC.GetTotalAllocatedBytes(precise: false) - allocated;

        long calls = workers.Sum(w => w.Calls);
        long[] latencies = [.. workers.SelectMany(w => w.Latencies)];
        Array.Sort(latencies);
        return new Figures(calls / seconds, Micros(latencies, 0.50), Micros(latencies, 0.99), (double)allocated / calls, calls);
    }

    private static double Micros(long[] sorted, double quantile) =>
        sorted[(int)((sorted.Length - 1) * quantile)] * 1_000_000.0 / Stopwatch.Frequency;

    private sealed class Worker(Func<ValueTask<Sample>> call)
    {
        private readonly long[] _latencies = new long[LatenciesPerWorker];

        public long Calls { get; private set; }

        public IEnumerable<long> Latencies => _latencies.Take((int)Math.Min(Calls, LatenciesPerWorker));

        public async Task RunAsync(Func<long, bool> goesOn)
        {
            long before = Stopwatch.GetTimestamp();
            while (goesOn(before))
            {
                Sample echo = await call();
                if (echo.Id != Sample.One.Id)
                {
                    throw new InvalidOperationException($"Expected the echo of {Sample.One}, got {echo}.");
                }

                long after = Stopwatch.GetTimestamp();
                _latencies[Calls % LatenciesPerWorker] = after - before;
                Calls++;
                before = after;
            }
        }
    }
}
