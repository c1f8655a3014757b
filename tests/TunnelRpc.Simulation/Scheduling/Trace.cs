using System.Globalization;

namespace TunnelRpc.Simulation.Scheduling;

/// <summary>What happened in a run, in order: a hash of all of it, and its last part in words.</summary>
/// <param name="output">Where each entry is written as it comes; null for nowhere.</param>
internal sealed class Trace(TextWriter? output)
{
    private const int TailCapacity = 400;

    private readonly (TimeSpan At, string What, long First, long Second, long Third)[] _tail = new (TimeSpan, string, long, long, long)[TailCapacity];
    private ulong _hash = 14695981039346656037;

    /// <summary>The run's clock; set once there is one.</summary>
    public SimClock? Clock { get; set; }

    public long Count { get; private set; }

    public ulong Hash => _hash;

    public void Add(string what, long first = 0, long second = 0, long third = 0)
    {
        TimeSpan at = Clock?.Elapsed ?? TimeSpan.Zero;
        foreach (char letter in what)
        {
            Mix(letter);
        }

        Mix((ulong)at.Ticks);
        Mix((ulong)first);
        Mix((ulong)second);
        Mix((ulong)third);
        _tail[Count++ % TailCapacity] = (at, what, first, second, third);
        output?.WriteLine(Format(_tail[(Count - 1) % TailCapacity]));
    }

    public IEnumerable<string> Tail(int count)
    {
        for (long i = Math.Max(0, Count - Math.Min(count, TailCapacity)); i < Count; i++)
        {
            yield return Format(_tail[i % TailCapacity]);
        }
    }

    private static string Format((TimeSpan At, string What, long First, long Second, long Third) entry) =>
        string.Create(CultureInfo.InvariantCulture, $"{entry.At.TotalSeconds,10:F6} {entry.What} {entry.First} {entry.Second} {entry.Third}");

    private void Mix(ulong value) => _hash = (_hash ^ value) * 1099511628211;
}
