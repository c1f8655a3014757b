using System.Collections.Concurrent;

namespace TunnelRpc.Scheduling;

/// <summary>
/// Runs pieces of work on the thread pool, many of them a turn of the pool's, since asking for a turn costs more than what most of them do.
/// None waits for another one's end: before one runs, a further turn is asked for if there are more, which the pool gives to another
/// thread as soon as one is free. They begin in the order in which they were added. Thread-safe.
/// </summary>
internal sealed class WorkQueue : IThreadPoolWorkItem
{
    /// <summary>How many run before others of the pool have theirs.</summary>
    private const int MostPerTurn = 64;

    private readonly ConcurrentQueue<IThreadPoolWorkItem> _items = new();

    // Exchanged atomically: 1 from when a turn is asked for until it begins.
    private int _asked;

    /// <summary>Runs <paramref name="work"/> soon. It must not throw.</summary>
    public void Add(IThreadPoolWorkItem work)
    {
        _items.Enqueue(work);
        AskForTurn();
    }

    void IThreadPoolWorkItem.Execute()
    {
        // Before the look: what is added from here on asks for a turn of its own.
        Interlocked.Exchange(ref _asked, 0);
        ExecutionContext? context = ExecutionContext.Capture();
        for (int i = 0; i < MostPerTurn && _items.TryDequeue(out IThreadPoolWorkItem? work); i++)
        {
            if (!_items.IsEmpty)
            {
                AskForTurn();
            }

            work.Execute();
            Clean(context);
        }

        if (!_items.IsEmpty)
        {
            AskForTurn();
        }
    }

    /// <summary>What a piece of work leaves behind on its thread is not the next one's, as with the pool's own.</summary>
    private static void Clean(ExecutionContext? context)
    {
        if (context is not null && !ReferenceEquals(ExecutionContext.Capture(), context))
        {
            ExecutionContext.Restore(context);
        }

        if (SynchronizationContext.Current is not null)
        {
            SynchronizationContext.SetSynchronizationContext(null);
        }
    }

    private void AskForTurn()
    {
        if (Volatile.Read(ref _asked) == 0 && Interlocked.Exchange(ref _asked, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }
}
