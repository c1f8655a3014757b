using System.Collections.Concurrent;

namespace TunnelRpc.Calls;

/// <summary>
/// A pool of call objects of one type. Each thread caches one object, because a thread that completes a call often starts the next one. The
/// others are in a shared queue of at most 1024; objects beyond that are dropped. Thread-safe.
/// </summary>
internal static class CallPool<T>
    where T : class
{
    private const int MaxQueued = 1024;
    private static readonly ConcurrentQueue<T> Queue = new();

    [ThreadStatic]
    private static T? _threadCached;

    // Changed atomically: the approximate length of the queue.
    private static int _queuedCount;

    /// <summary>Takes an object from the pool; null when it is empty.</summary>
    public static T? RentOrDefault()
    {
        T? item = _threadCached;
        if (item is not null)
        {
            _threadCached = null;
        }
        else if (Queue.TryDequeue(out item))
        {
            Interlocked.Decrement(ref _queuedCount);
        }

        return item;
    }

    /// <summary>Returns an object to the pool. The caller must be its last user.</summary>
    public static void Return(T item)
    {
        if (_threadCached is null)
        {
            _threadCached = item;
        }
        else if (Interlocked.Increment(ref _queuedCount) <= MaxQueued)
        {
            Queue.Enqueue(item);
        }
        else
        {
            Interlocked.Decrement(ref _queuedCount);
        }
    }
}
