using System.Diagnostics;
using TunnelRpc.Load.Contract;

namespace TunnelRpc.Load.Running;

/// <summary>Runs one call again and again, so many at once, and measures.</summary>
internal static class CallLoop
{
    /// <summary>For so long.</summary>
    public static Task<Figures> RunAsync(Func<ValueTask<Sample>> call, int concurrency, TimeSpan duration) => RunAsync(_ => call, concurrency, duration);

    /// <summary>For so long; each worker has a call of its own.</summary>
    public static Task<Figures> RunAsync(Func<int, Func<ValueTask<Sample>>> callOf, int concurrency, TimeSpan duration)
    {
        long end = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        return RunAsync(callOf, concurrency, now => now < end);
    }

    /// <summary>As long as <paramref name="goesOn"/> says, which is given the clock's reading.</summary>
    public static async Task<Figures> RunAsync(Func<int, Func<ValueTask<Sample>>> callOf, int concurrency, Func<long, bool> goesOn)
    {
        Latencies.WorkerLatencies[] parts = [.. Enumerable.Range(0, concurrency).Select(i => Latencies.For(i, concurrency))];
        long start = Stopwatch.GetTimestamp();
        await Task.WhenAll(parts.Select((part, i) => Task.Run(() => RunWorkerAsync(callOf(i), part, goesOn))));
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        long calls = parts.Sum(p => p.Count);
        (double p50, double p99, double p999) = Latencies.Quantiles(parts);
        return new Figures(calls / seconds, p50, p99, p999, calls);
    }

    private static async Task RunWorkerAsync(Func<ValueTask<Sample>> call, Latencies.WorkerLatencies latencies, Func<long, bool> goesOn)
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
