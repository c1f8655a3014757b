using System.Diagnostics;

namespace TunnelRpc.Load.Running;

/// <summary>
/// The last latencies of each worker of one run. Workers add concurrently, each to its own part. A process has one run at a time. All runs
/// share the same memory, so that it does not count as an allocation of the measured system.
/// </summary>
internal static class Latencies
{
    /// <summary>Unused entries between two parts, so that workers do not share cache lines.</summary>
    private const int PaddingEntries = 16;

    private const int Capacity = 1 << 20;

    private static readonly long[] Ticks = new long[Capacity];
    private static readonly long[] Sorted = new long[Capacity];

    /// <summary>Returns the part of one worker.</summary>
    public static WorkerLatencies For(int worker, int workers)
    {
        int size = Capacity / workers;
        return new WorkerLatencies(worker * size, size - PaddingEntries);
    }

    /// <summary>Returns the quantiles 50 %, 99 % and 99.9 % in microseconds; NaN if there are no latencies.</summary>
    public static (double P50, double P99, double P999) Quantiles(IEnumerable<WorkerLatencies> parts)
    {
        int length = 0;
        foreach (WorkerLatencies part in parts)
        {
            int count = (int)Math.Min(part.Count, part.Size);
            Array.Copy(Ticks, part.Start, Sorted, length, count);
            length += count;
        }

        Array.Sort(Sorted, 0, length);
        return (Micros(0.50), Micros(0.99), Micros(0.999));

        double Micros(double quantile) =>
            length == 0 ? double.NaN : Sorted[(int)((length - 1) * quantile)] * 1_000_000.0 / Stopwatch.Frequency;
    }

    /// <summary>The latencies of one worker. Not thread-safe.</summary>
    internal sealed class WorkerLatencies(int start, int size)
    {
        public int Start => start;

        public int Size => size;

        /// <summary>The number of latencies that were added. Only the last <see cref="Size"/> of them are stored.</summary>
        public long Count { get; private set; }

        public void Add(long ticks)
        {
            Ticks[start + (int)(Count % size)] = ticks;
            Count++;
        }
    }
}
