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

    /// <summary>How many a reader gathers before another thread is to begin with them.</summary>
    private const int MostGathered = 16;

    [ThreadStatic]
    private static bool _isInTurn;

    private readonly ConcurrentQueue<IThreadPoolWorkItem> _items = new();

    // Exchanged atomically: 1 from when a turn is asked for until it begins.
    private int _asked;

    // The reader's: how many it has added that no turn was asked for.
    private int _gathered;

    /// <summary>Runs <paramref name="work"/> soon. It must not throw.</summary>
    public void Add(IThreadPoolWorkItem work)
    {
        _items.Enqueue(work);
        AskForTurn();
    }

    /// <summary>Likewise, by the session's reader, which calls <see cref="EndGathering"/> or <see cref="TakeGathered"/> when it has read what there was.</summary>
    public void Gather(IThreadPoolWorkItem work)
    {
        _items.Enqueue(work);
        if (++_gathered == MostGathered)
        {
            AskForTurn();
        }
    }

    /// <summary>The reader goes on, or ends: what it has gathered is for another thread.</summary>
    public void EndGathering()
    {
        if (TakeGathered())
        {
            AskForTurn();
        }
    }

    /// <summary>The reader is about to wait. True when it has gathered something, for which it calls <see cref="RunHere"/> then.</summary>
    public bool TakeGathered()
    {
        bool any = _gathered > 0;
        _gathered = 0;
        return any;
    }

    /// <summary>The reader waits, and goes on on whatever thread: this one is free to run what there is.</summary>
    public void RunHere()
    {
        if (_isInTurn)
        {
            // Called back from something that runs here: nothing waits for something else's end.
            AskForTurn();
        }
        else
        {
            RunTurn();
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        // Before the look: what is added from here on asks for a turn of its own.
        Interlocked.Exchange(ref _asked, 0);
        RunTurn();
    }

    private void RunTurn()
    {
        _isInTurn = true;
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

        _isInTurn = false;
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
