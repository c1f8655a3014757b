using System.Collections.Concurrent;

namespace TunnelRpc.Ordering;

/// <summary>The queues of one session: of services under ordered dispatch, and of their objects that the peer may call. Thread-safe.</summary>
internal sealed class OrderedQueues
{
    // Most sessions have none: made with the first one.
    private ConcurrentDictionary<string, OrderedQueue>? _queues;

    /// <summary>The queue of that name; made when it is first asked for.</summary>
    public OrderedQueue GetOrAdd(string name) => LazyInitializer.EnsureInitialized(ref _queues, static () => new ConcurrentDictionary<string, OrderedQueue>(StringComparer.Ordinal))
        .GetOrAdd(name, static name => new OrderedQueue(name));

    /// <summary>An object cannot be called any more.</summary>
    public void Remove(OrderedQueue queue) => Volatile.Read(ref _queues)?.TryRemove(queue.Name, out _);

    /// <summary>The names of those that a chain holds.</summary>
    public IReadOnlyList<string> GetNamesHeldBy(ulong chainId)
    {
        List<string>? held = null;
        foreach ((string name, OrderedQueue queue) in Volatile.Read(ref _queues) ?? [])
        {
            if (queue.RunningChainId == chainId)
            {
                (held ??= []).Add(name);
            }
        }

        return held ?? (IReadOnlyList<string>)[];
    }
}
