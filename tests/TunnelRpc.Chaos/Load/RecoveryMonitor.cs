using System.Collections.Concurrent;
using System.Diagnostics;

namespace TunnelRpc.Chaos.Load;

/// <summary>Measures the time from a cut to the first reply to a call that started after the cut. Thread-safe.</summary>
internal sealed class RecoveryMonitor
{
    // The cut without such a reply yet; null when there is none. Replaced atomically.
    private PendingCut? _open;

    private readonly ConcurrentQueue<(string Kind, double Milliseconds)> _measured = new();

    /// <summary>Records a cut. Without effect while an earlier cut has no reply yet: the time is measured from the earlier one.</summary>
    public void OnCut(string kind) => Interlocked.CompareExchange(ref _open, new PendingCut(kind, Stopwatch.GetTimestamp()), null);

    /// <summary>Records the reply to a call that started at <paramref name="began"/>.</summary>
    public void OnReply(long began)
    {
        if (Volatile.Read(ref _open) is { } cut && began > cut.At && Interlocked.CompareExchange(ref _open, null, cut) == cut)
        {
            _measured.Enqueue((cut.Kind, Stopwatch.GetElapsedTime(cut.At).TotalMilliseconds));
        }
    }

    public override string ToString()
    {
        IEnumerable<string> kinds = _measured
            .GroupBy(m => m.Kind)
            .OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => $"{g.Key} {Describe(g.Select(m => m.Milliseconds))}");
        return $"from a cut to the first resumed call: all {Describe(_measured.Select(m => m.Milliseconds))}; {string.Join("; ", kinds)}";
    }

    /// <summary>Describes times in milliseconds by their p50, p99 and maximum.</summary>
    public static string Describe(IEnumerable<double> times)
    {
        double[] sorted = [.. times.Order()];
        return sorted.Length == 0
            ? "(none)"
            : $"p50 {sorted[sorted.Length / 2]:F1} ms, p99 {sorted[(int)(sorted.Length * 0.99)]:F1} ms, "
                + $"maximum {sorted[^1]:F1} ms ({sorted.Length})";
    }

    private sealed record PendingCut(string Kind, long At);
}
