using System.Diagnostics;

namespace TunnelRpc.Load.Running;

/// <summary>The last so many latencies of one worker; not thread-safe.</summary>
internal sealed class Latencies(int capacity)
{
    private readonly long[] _ticks = new long[capacity];

    /// <summary>How many were added.</summary>
    public long Count { get; private set; }

    public void Add(long ticks) => _ticks[Count++ % _ticks.Length] = ticks;

    /// <summary>Those of all workers, in order.</summary>
    public static long[] Sort(IEnumerable<Latencies> all)
    {
        long[] ticks = [.. all.SelectMany(l => l._ticks.Take((int)Math.Min(l.Count, l._ticks.Length)))];
        Array.Sort(ticks);
        return ticks;
    }

    /// <summary>A quantile of <paramref name="sorted"/> in microseconds.</summary>
    public static double Micros(long[] sorted, double quantile) =>
        sorted.Length == 0 ? double.NaN : sorted[(int)((sorted.Length - 1) * quantile)] * 1_000_000.0 / Stopwatch.Frequency;
}
