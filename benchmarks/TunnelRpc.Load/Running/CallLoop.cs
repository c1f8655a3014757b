using System.Diagnostics;
using TunnelRpc.Load.Contract;

namespace TunnelRpc.Load.Running;

/// <summary>Runs one call again and again, so many at once, and measures.</summary>
internal static class CallLoop
{
    /// <summary>All workers together keep no more.</summary>
    private const int MaxLatencies = 1 << 20;

    /// <summary>For so long.</summary>
    public static Task<Figures> RunAsync(Func<ValueTask<Sample>> call, int concurrency, TimeSpan duration)
    {
        long end = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        return RunAsync(call, concurrency, now => now < end);
    }

    /// <summary>As long as <paramref name="goesOn"/> says, which is given the clock's reading.</summary>
    public static async Task<Figures> RunAsync(Func<ValueTask<Sample>> call, int concurrency, Func<long, bool> goesOn)
    {
        var workers = new Latencies[concurrency];
        for (int i = 0; i < concurrency; i++)
        {
            workers[i] = new Latencies(Math.Min(MaxLatencies / concurrency, 1 << 17));
        }

        long start = Stopwatch.GetTimestamp();
        await Task.WhenAll(workers.Select(w => Task.Run(() => WorkAsync(call, w, goesOn))));
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;

        long calls = workers.Sum(w => w.Count);
        long[] latencies = Latencies.Sort(workers);
        return new Figures(
            calls / seconds, Latencies.Micros(latencies, 0.50), Latencies.Micros(latencies, 0.99), Latencies.Micros(latencies, 0.999), calls);
    }

    private static async Task WorkAsync(Func<ValueTask<Sample>> call, Latencies latencies, Func<long, bool> goesOn)
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
            latencies.Add(after - before);
            before = after;
        }
    }
}
