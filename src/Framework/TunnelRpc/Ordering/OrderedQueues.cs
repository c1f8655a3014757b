using System.Collections.Concurrent;

namespace TunnelRpc.Ordering;

/// <summary>
/// The queues of one session: one for each service under ordered dispatch, and one for each such object that the peer may call.
/// Thread-safe.
/// </summary>
internal sealed class OrderedQueues
{
    // Created on demand, as most sessions have no queue.
    private ConcurrentDictionary<string, OrderedQueue>? _queues;

    /// <summary>The queue with this name; created on first use.</summary>
    public OrderedQueue GetOrAdd(string name) => LazyInitializer
        .EnsureInitialized(ref _queues, static () => new ConcurrentDictionary<string, OrderedQueue>(StringComparer.Ordinal))
        .GetOrAdd(name, static name => new OrderedQueue(name));

    /// <summary>Removes the queue of an object that cannot be called any more.</summary>
    public void Remove(OrderedQueue queue) => Volatile.Read(ref _queues)?.TryRemove(queue.Name, out _);

    /// <summary>The names of the queues in which a call of this chain runs.</summary>
    public IReadOnlyList<string> GetNamesHeldBy(ulong chainId)
    {
        List<string>? names = null;
        foreach ((string name, OrderedQueue queue) in Volatile.Read(ref _queues) ?? [])
        {
            if (queue.RunningChainId == chainId)
            {
                (names ??= []).Add(name);
            }
        }

        return names ?? (IReadOnlyList<string>)[];
    }
}
