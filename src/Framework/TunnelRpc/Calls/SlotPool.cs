using System.Collections.Concurrent;

namespace TunnelRpc.Calls;

/// <summary>
/// Objects of one type that are used again: one a thread, since who is answered and calls again takes what it has just given back; the others in
/// a queue, up to a number. Thread-safe.
/// </summary>
internal static class SlotPool<T>
    where T : class
{
    private const int MostQueued = 1024;
    private static readonly ConcurrentQueue<T> Queue = new();

    [ThreadStatic]
    private static T? _cached;

    // Changed atomically; about how many are in the queue.
    private static int _queued;

    /// <summary>One that was given back; null when there is none.</summary>
    public static T? TryRent()
    {
        T? slot = _cached;
        if (slot is not null)
        {
            _cached = null;
        }
        else if (Queue.TryDequeue(out slot))
        {
            Interlocked.Decrement(ref _queued);
        }

        return slot;
    }

    /// <summary>Gives one back that nobody holds any more.</summary>
    public static void Return(T slot)
    {
        if (_cached is null)
        {
            _cached = slot;
        }
        else if (Interlocked.Increment(ref _queued) <= MostQueued)
        {
            Queue.Enqueue(slot);
        }
        else
        {
            Interlocked.Decrement(ref _queued);
        }
    }
}
