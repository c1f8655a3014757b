using System.Collections.Concurrent;
using System.Diagnostics;

namespace TunnelRpc.Multiplexing;

// Decision: docs/adr/0057-in-flight-limit.md
/// <summary>
/// Decodes the large messages of one session on the thread pool, so that its reader continues to read: one at a time, in the order of
/// their arrival. Each is a work item of its own, so that other work of the pool, such as the reader itself, runs between two of them.
/// Thread-safe.
/// </summary>
/// <param name="maxBytes">
/// The limit of the queued bytes. Above it, the reader decodes a message itself, and so the peer waits. One message may exceed it.
/// </param>
[DebuggerDisplay("{_count} messages, {_bytes} bytes")]
internal sealed class DecodeQueue(long maxBytes) : IThreadPoolWorkItem
{
    private readonly ConcurrentQueue<(ILargeMessage Message, int Bytes)> _messages = new();

    // Changed atomically. While messages are queued, one work item of the thread pool is queued or runs.
    private int _count;
    private long _bytes;

    /// <summary>Queues a message; false, and nothing is done, if the queue is full.</summary>
    public bool TryEnqueue(ILargeMessage message, int bytes)
    {
        if (Volatile.Read(ref _bytes) >= maxBytes)
        {
            return false;
        }

        Interlocked.Add(ref _bytes, bytes);
        _messages.Enqueue((message, bytes));
        if (Interlocked.Increment(ref _count) == 1)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        return true;
    }

    void IThreadPoolWorkItem.Execute()
    {
        _messages.TryDequeue(out (ILargeMessage Message, int Bytes) next);
        next.Message.Decode();
        Interlocked.Add(ref _bytes, -next.Bytes);
        if (Interlocked.Decrement(ref _count) > 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }
}
