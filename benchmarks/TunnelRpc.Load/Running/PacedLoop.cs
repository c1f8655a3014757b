using System.Collections.Concurrent;
using System.Diagnostics;
using TunnelRpc.Load.Contract;

namespace TunnelRpc.Load.Running;

/// <summary>
/// Starts calls at a given rate, whether or not earlier ones have completed. A latency is measured from the due time of its call, so that a
/// stall counts for every call that it delays.
/// </summary>
internal static class PacedLoop
{
    /// <summary>The maximum number of concurrent calls. A call that is due while this many are in flight starts late.</summary>
    private const int MaxConcurrency = 1024;

    public static async Task<Figures> RunAsync(Func<ValueTask<Sample>> call, double perSecond, TimeSpan duration)
    {
        var free = new ConcurrentQueue<PacedCall>();
        PacedCall[] calls =
            [.. Enumerable.Range(0, MaxConcurrency).Select(i => new PacedCall(call, Latencies.For(i, MaxConcurrency), free))];
        Task[] running = [.. calls.Select(c => c.RunAsync())];
        foreach (PacedCall one in calls)
        {
            free.Enqueue(one);
        }

        long start = Stopwatch.GetTimestamp();

        // A dedicated thread, because the loop yields instead of waiting: timers are too coarse.
        await Task.Factory.StartNew(
            () => Pace(free, perSecond, duration), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await Task.WhenAll(running);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Latencies.WorkerLatencies[] parts = [.. calls.Select(c => c.Latencies)];
        long count = parts.Sum(p => p.Count);
        (double p50, double p99, double p999) = Latencies.Quantiles(parts);
        return new Figures(count / seconds, p50, p99, p999, count);
    }

    private static void Pace(ConcurrentQueue<PacedCall> free, double perSecond, TimeSpan duration)
    {
        double interval = Stopwatch.Frequency / perSecond;
        long count = (long)(perSecond * duration.TotalSeconds);
        long start = Stopwatch.GetTimestamp();
        for (long i = 0; i < count; i++)
        {
            long due = start + (long)(i * interval);
            while (Stopwatch.GetTimestamp() < due)
            {
                Thread.Yield();
            }

            Take(free).Start(due);
        }

        for (int i = 0; i < MaxConcurrency; i++)
        {
            Take(free).Finish();
        }
    }

    private static PacedCall Take(ConcurrentQueue<PacedCall> free)
    {
        PacedCall? next;
        while (!free.TryDequeue(out next))
        {
            Thread.Yield();
        }

        return next;
    }
}
