using System.Collections.Concurrent;

namespace TunnelRpc.Tracking;

/// <summary>Objects that take part in something now, with the time since which they do; for diagnosis. Thread-safe.</summary>
internal sealed class LiveSet<T>
    where T : class
{
    private readonly ConcurrentDictionary<T, long> _entries = new(ReferenceEqualityComparer.Instance);

    private LiveSet()
    {
    }

    /// <summary>Creates a set; null while <see cref="LiveObjects.IsEnabled"/> is false.</summary>
    public static LiveSet<T>? CreateIfEnabled() => LiveObjects.IsEnabled ? new LiveSet<T>() : null;

    /// <summary>Adds an object now.</summary>
    public void Add(T item) => _entries[item] = LiveObjects.GetTimestamp();

    /// <summary>Removes an object.</summary>
    public void Remove(T item) => _entries.TryRemove(item, out _);

    /// <summary>A snapshot of the objects with the time for which they have been in the set, the oldest first.</summary>
    public IReadOnlyList<(T Item, TimeSpan Age)> GetAll() =>
        [.. _entries.Select(entry => (entry.Key, LiveObjects.GetAge(entry.Value))).OrderByDescending(entry => entry.Item2)];
}
