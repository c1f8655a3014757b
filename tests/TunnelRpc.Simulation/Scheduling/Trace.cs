using System.Globalization;

namespace TunnelRpc.Simulation.Scheduling;

/// <summary>The events of a run, in order: a hash of all entries, and the text of the last ones.</summary>
/// <param name="output">Each entry is written here at once; null writes none.</param>
internal sealed class Trace(TextWriter? output)
{
    private const int TailCapacity = 400;

    // A ring of the last entries.
    private readonly (TimeSpan At, string Event, long First, long Second, long Third)[] _tail =
        new (TimeSpan, string, long, long, long)[TailCapacity];
    private ulong _hash = 14695981039346656037;

    /// <summary>The run's clock; null until the clock is created.</summary>
    public SimClock? Clock { get; set; }

    /// <summary>The number of all entries.</summary>
    public long Count { get; private set; }

    public ulong Hash => _hash;

    public void Add(string name, long first = 0, long second = 0, long third = 0)
    {
        TimeSpan at = Clock?.Elapsed ?? TimeSpan.Zero;
        foreach (char letter in name)
        {
            Mix(letter);
        }

        Mix((ulong)at.Ticks);
        Mix((ulong)first);
        Mix((ulong)second);
        Mix((ulong)third);
        _tail[Count++ % TailCapacity] = (at, name, first, second, third);
        output?.WriteLine(Format(_tail[(Count - 1) % TailCapacity]));
    }

    /// <summary>The text of the last entries, oldest first; at most 400.</summary>
    public IEnumerable<string> Tail(int count)
    {
        for (long i = Math.Max(0, Count - Math.Min(count, TailCapacity)); i < Count; i++)
        {
            yield return Format(_tail[i % TailCapacity]);
        }
    }

    private static string Format((TimeSpan At, string Event, long First, long Second, long Third) entry) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{entry.At.TotalSeconds,10:F6} {entry.Event} {entry.First} {entry.Second} {entry.Third}");

    private void Mix(ulong value) => _hash = (_hash ^ value) * 1099511628211;
}
