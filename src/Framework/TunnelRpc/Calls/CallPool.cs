using System.Collections.Concurrent;

namespace TunnelRpc.Calls;

/// <summary>
/// Objects of one type that are used again: one a thread, since who is answered and calls again takes what it has just given back; the
/// others in a queue, up to a number. Thread-safe.
/// </summary>
internal static class CallPool<T>
    where T : class
{
    private const int MaxQueued = 1024;
    private static readonly ConcurrentQueue<T> Queue = new();

    [ThreadStatic]
    private static T? _threadCached;

    // Changed atomically; about how many are in the queue.
    private static int _queuedCount;

    /// <summary>One that was given back; null when there is none.</summary>
    public static T? RentOrDefault()
    {
        T? slot = _threadCached;
        if (slot is not null)
        {
            _threadCached = null;
        }
        else if (Queue.TryDequeue(out slot))
        {
            Interlocked.Decrement(ref _queuedCount);
        }

        return slot;
    }

    /// <summary>Gives one back that nobody holds any more.</summary>
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
