using System.Collections.Concurrent;

namespace TunnelRpc.Chaos.Load;

/// <summary>Counts errors under load and keeps the messages of the first ones. Thread-safe.</summary>
internal sealed class LoadErrors
{
    private const int MaxRecorded = 20;

    private readonly ConcurrentQueue<string> _first = new();
    private int _count;

    public bool HasAny => Volatile.Read(ref _count) > 0;

    public void Add(string error)
    {
        if (Interlocked.Increment(ref _count) <= MaxRecorded)
        {
            _first.Enqueue(error);
        }
    }

    public override string ToString() => $"{Volatile.Read(ref _count)} errors: {string.Join("; ", _first)}";
}
