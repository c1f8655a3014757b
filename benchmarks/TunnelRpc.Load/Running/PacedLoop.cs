using System.Collections.Concurrent;
using System.Diagnostics;
using TunnelRpc.Load.Contract;

namespace TunnelRpc.Load.Running;

/// <summary>
/// Begins calls at a given rate, whether earlier ones are answered or not. A latency counts from when its call was due, so that calls that a
/// busy system kept from beginning count as slow ones, too.
/// </summary>
internal static class PacedLoop
{
    /// <summary>As many calls at once, at most; those that are due meanwhile begin late.</summary>
    private const int MaxAtOnce = 1024;

    public static async Task<Figures> RunAsync(Func<ValueTask<Sample>> call, double perSecond, TimeSpan duration)
    {
        var free = new ConcurrentQueue<PacedCall>();
        PacedCall[] calls = [.. Enumerable.Range(0, MaxAtOnce).Select(i => new PacedCall(call, Latencies.For(i, MaxAtOnce), free))];
        Task[] running = [.. calls.Select(c => c.RunAsync())];
        foreach (PacedCall one in calls)
        {
            free.Enqueue(one);
        }

        long start = Stopwatch.GetTimestamp();

        // A thread of its own, since it never waits otherwise than by giving the processor to whoever wants it: timers are too coarse.
        await Task.Factory.StartNew(() => Pace(free, perSecond, duration), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
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

            Take(free).Begin(due);
        }

        for (int i = 0; i < MaxAtOnce; i++)
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
