using System.Diagnostics;
using TunnelRpc.Load.Contract;

namespace TunnelRpc.Load.Running;

/// <summary>Repeats a call in concurrent workers and measures it.</summary>
internal static class CallLoop
{
    /// <summary>Runs for <paramref name="duration"/>.</summary>
    public static Task<Figures> RunAsync<T>(Func<ValueTask<T>> call, int concurrency, TimeSpan duration)
        where T : IEcho =>
        RunAsync(_ => call, concurrency, duration);

    /// <summary>Runs for <paramref name="duration"/>. Each worker has its own call.</summary>
    public static Task<Figures> RunAsync<T>(Func<int, Func<ValueTask<T>>> callOf, int concurrency, TimeSpan duration)
        where T : IEcho
    {
        long end = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        return RunAsync(callOf, concurrency, now => now < end);
    }

    /// <summary>Runs while <paramref name="shouldContinue"/> returns true. Its argument is the current timestamp.</summary>
    public static async Task<Figures> RunAsync<T>(Func<int, Func<ValueTask<T>>> callOf, int concurrency, Func<long, bool> shouldContinue)
        where T : IEcho
    {
        Latencies.WorkerLatencies[] parts = [.. Enumerable.Range(0, concurrency).Select(i => Latencies.For(i, concurrency))];
        long start = Stopwatch.GetTimestamp();
        await Task.WhenAll(parts.Select((part, i) => Task.Run(() => RunWorkerAsync(callOf(i), part, shouldContinue))));
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        long calls = parts.Sum(p => p.Count);
        (double p50, double p99, double p999) = Latencies.Quantiles(parts);
        return new Figures(calls / seconds, p50, p99, p999, calls);
    }

    /// <summary>Runs two calls at the same time, sequentially each, while <paramref name="shouldContinue"/> returns true.</summary>
    public static async Task<(Figures First, Figures Second)> RunBothAsync(
        Func<ValueTask<Sample>> first, Func<ValueTask<Sample>> second, Func<long, bool> shouldContinue)
    {
        Latencies.WorkerLatencies[] parts = [Latencies.For(0, 2), Latencies.For(1, 2)];
        long start = Stopwatch.GetTimestamp();
        await Task.WhenAll(
            Task.Run(() => RunWorkerAsync(first, parts[0], shouldContinue)),
            Task.Run(() => RunWorkerAsync(second, parts[1], shouldContinue)));
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return (Of(parts[0]), Of(parts[1]));

        Figures Of(Latencies.WorkerLatencies part)
        {
            (double p50, double p99, double p999) = Latencies.Quantiles([part]);
            return new Figures(part.Count / seconds, p50, p99, p999, part.Count);
        }
    }

    private static async Task RunWorkerAsync<T>(
        Func<ValueTask<T>> call, Latencies.WorkerLatencies latencies, Func<long, bool> shouldContinue)
        where T : IEcho
    {
        long before = Stopwatch.GetTimestamp();
        while (shouldContinue(before))
        {
            T echo = await call();
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
