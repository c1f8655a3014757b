using System.Collections.Concurrent;

namespace TunnelRpc.Chaos.Load;

/// <summary>What went wrong under load, the first of it in words. Thread-safe.</summary>
internal sealed class LoadErrors
{
    private const int MaxRecorded = 20;

    private readonly ConcurrentQueue<string> _first = new();
    private int _count;

    public bool HasAny => Volatile.Read(ref _count) > 0;

    public void Add(string fault)
    {
        if (Interlocked.Increment(ref _count) <= MaxRecorded)
        {
            _first.Enqueue(fault);
        }
    }

    public override string ToString() => $"{Volatile.Read(ref _count)} faults: {string.Join("; ", _first)}";
}
