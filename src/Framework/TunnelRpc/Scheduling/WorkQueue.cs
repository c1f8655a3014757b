using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace TunnelRpc.Scheduling;

/// <summary>
/// Runs pieces of work on the thread pool, many of them a turn of the pool's, since asking for a turn costs more than what most of them do.
/// They begin in the order in which they were added. None waits for long for another one's end: a turn that takes its time asks for a further
/// one, which the pool gives to another thread; for one that is stuck in a piece that blocks, <see cref="StallDetector"/> does. Thread-safe.
/// </summary>
internal sealed class WorkQueue : IThreadPoolWorkItem
{
    /// <summary>How many run before others of the pool have theirs.</summary>
    private const int MaxItemsPerBatch = 128;

    /// <summary>How many a reader gathers before another thread is to begin with them.</summary>
    private const int MaxReaderItems = 256;

    /// <summary>How many turns after one that was stuck ask for the next before each piece, since more of the kind may come.</summary>
    private const int CautiousBatches = 1_000;

    /// <summary>How long a turn goes on alone: waking a thread for less costs more than it gives.</summary>
    private static readonly long SingleThreadTicks = Stopwatch.Frequency / 10_000;

    // Exchanged atomically: the one piece that there is, before those of the queue. Once there is a queue, nothing is added here.
    private IThreadPoolWorkItem? _firstItem;

    // Made with the first piece that comes behind another one: many sessions do little for long.
    private ConcurrentQueue<IThreadPoolWorkItem>? _items;

    // Exchanged atomically: 1 from when a turn is asked for until it begins.
    private int _isScheduled;

    // About how many turns are still to be cautious.
    private int _cautiousBatchesRemaining;

    // The reader's: how many it has added that no turn was asked for.
    private int _readerItemCount;

    /// <summary>Whether something waits to be run; a hint.</summary>
    public bool HasWorkItems => !IsEmpty;

    /// <summary>Runs <paramref name="workItem"/> soon. It must not throw.</summary>
    public void Enqueue(IThreadPoolWorkItem workItem)
    {
        AppendItem(workItem);

        // A turn comes to what its own pieces add.
        if (Volatile.Read(ref _cautiousBatchesRemaining) > 0 || !StallDetector.ForCurrentThread.IsRunningBatchOf(this))
        {
            ScheduleOnThreadPool();
        }
        else
        {
            StallDetector.EnsureTimerRunning();
        }
    }

    /// <summary>Likewise, by the session's reader, which calls <see cref="ScheduleReaderItems"/> or <see cref="TryClaimReaderItems"/> when it has read what there was.</summary>
    public void EnqueueFromReader(IThreadPoolWorkItem workItem)
    {
        AppendItem(workItem);
        if (++_readerItemCount % MaxReaderItems == 0)
        {
            ScheduleOnThreadPool();
        }
    }

    /// <summary>The reader goes on, or ends: what it has gathered is for another thread.</summary>
    public void ScheduleReaderItems()
    {
        if (TryClaimReaderItems())
        {
            ScheduleOnThreadPool();
        }
    }

    /// <summary>The reader is about to wait. True when it has gathered something, for which it calls <see cref="DrainInline"/> then.</summary>
    public bool TryClaimReaderItems()
    {
        bool any = _readerItemCount > 0;
        _readerItemCount = 0;
        return any;
    }

    /// <summary>The reader waits, and goes on on whatever thread: this one is free to run what there is.</summary>
    public void DrainInline()
    {
        StallDetector watch = StallDetector.ForCurrentThread;
        if (watch.IsRunningBatch)
        {
            // Called back from something that runs here: nothing waits for something else's end.
            ScheduleOnThreadPool();
        }
        else
        {
            RunBatch(watch);
        }
    }

    /// <summary>A turn has not come on for long: others take what is behind it.</summary>
    public void OnStalled()
    {
        if (!IsEmpty)
        {
            Volatile.Write(ref _cautiousBatchesRemaining, CautiousBatches);
            ScheduleOnThreadPool();
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        // Before the look: what is added from here on asks for a turn of its own.
        Interlocked.Exchange(ref _isScheduled, 0);
        RunBatch(StallDetector.ForCurrentThread);
    }

    private void RunBatch(StallDetector detector)
    {
        bool isCautious = Volatile.Read(ref _cautiousBatchesRemaining) > 0;
        if (isCautious)
        {
            Interlocked.Decrement(ref _cautiousBatchesRemaining);
        }

        ExecutionContext? context = ExecutionContext.Capture();
        detector.BeginBatch(this);
        long alone = 0;
        for (int i = 0; i < MaxItemsPerBatch && TryDequeue(out IThreadPoolWorkItem? work); i++)
        {
            if (!IsEmpty)
            {
                StallDetector.EnsureTimerRunning();
                if (isCautious || IsSingleThreadTimeExceeded(ref alone, i))
                {
                    ScheduleOnThreadPool();
                }
            }

            work.Execute();
            RestoreContext(context);
        }

        detector.EndBatch();
        if (!IsEmpty)
        {
            ScheduleOnThreadPool();
        }
    }

    private bool IsEmpty => Volatile.Read(ref _firstItem) is null && Volatile.Read(ref _items) is not { IsEmpty: false };

    private void AppendItem(IThreadPoolWorkItem work)
    {
        if (Volatile.Read(ref _items) is not { } items)
        {
            if (Interlocked.CompareExchange(ref _firstItem, work, null) is null)
            {
                return;
            }

            items = LazyInitializer.EnsureInitialized(ref _items);
        }

        items.Enqueue(work);
    }

    private bool TryDequeue([NotNullWhen(true)] out IThreadPoolWorkItem? work)
    {
        work = Volatile.Read(ref _firstItem) is null ? null : Interlocked.Exchange(ref _firstItem, null);
        return work is not null || (Volatile.Read(ref _items) is { } items && items.TryDequeue(out work));
    }

    private static bool IsSingleThreadTimeExceeded(ref long alone, int pieces)
    {
        if (pieces == 0)
        {
            alone = Stopwatch.GetTimestamp() + SingleThreadTicks;
            return false;
        }

        return pieces % 4 == 0 && Stopwatch.GetTimestamp() > alone;
    }

    /// <summary>What a piece of work leaves behind on its thread is not the next one's, as with the pool's own.</summary>
    private static void RestoreContext(ExecutionContext? context)
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

    private void ScheduleOnThreadPool()
    {
        // A fence in any case: whoever finds that a turn is asked for must have made its piece visible before, or the turn misses it.
        if (Interlocked.Exchange(ref _isScheduled, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }
}
