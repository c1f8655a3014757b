using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace TunnelRpc.Scheduling;

// Decision: docs/adr/0028-calls-share-thread-pool-work-items.md
// Decision: docs/adr/0071-writes-do-not-wait-for-calls.md
/// <summary>
/// A session's work items. They run on the thread pool in batches, as queueing an item to the pool costs more than most items do. Items
/// start in the order in which they were added, and no item waits long for the end of another one: a batch that takes more than 0.1 ms
/// schedules a second one, which another thread of the pool runs. If an item blocks, <see cref="StallDetector"/> does this. The write of
/// the session runs after the items that are queued, so that their frames share it, but waits for no item that starts later than 0.5 ms
/// after it was queued. Thread-safe, except for the reader's members.
/// </summary>
/// <param name="timeProvider">The clock for the delay of writes; null for the system clock.</param>
[DebuggerDisplay("has work items: {HasWorkItems}")]
internal sealed class WorkQueue(TimeProvider? timeProvider = null) : IThreadPoolWorkItem
{
    /// <summary>The items of one batch. After these the thread returns to the pool, which may have other work.</summary>
    private const int MaxItemsPerBatch = 128;

    /// <summary>The items that a reader enqueues before another thread is scheduled for them.</summary>
    private const int MaxReaderItems = 256;

    /// <summary>
    /// The batches after a stalled one that schedule another batch before each item, as more items that block are likely.
    /// </summary>
    private const int CautiousBatches = 1_000;

    /// <summary>
    /// The time after which a batch schedules a second one: 0.1 ms. Waking a thread for less work costs more than it saves.
    /// </summary>
    private static readonly long SingleThreadTicks = Stopwatch.Frequency / 10_000;

    /// <summary>The time after which a queued write precedes the next item: 0.5 ms.</summary>
    private static readonly TimeSpan MaxWriteDelay = TimeSpan.FromMicroseconds(500);

    /// <summary>
    /// The time after which a stall no longer counts as one: 20 ms. <see cref="StallDetector"/> reports an item that blocks every 5 ms.
    /// </summary>
    private static readonly TimeSpan StallPeriod = TimeSpan.FromMilliseconds(20);

    private readonly TimeProvider _timeProvider = timeProvider ?? TimeProvider.System;

    // Written by the StallDetector, read by any thread: when it last found a stalled batch.
    private long _lastStallTimestamp;

    // Exchanged atomically: the write that is queued; at most one, since the pump has one owner. The two values after it are written by
    // that owner, before the write is.
    private IThreadPoolWorkItem? _write;
    private long _writeTimestamp;
    private bool _mayWriteYield;

    // Exchanged atomically: 1 while the queue itself is one of the items, in the position of the write. If the write has run earlier, the
    // item has no effect.
    private int _isWritePositionQueued;

    // Exchanged atomically: the first item, which precedes those of _items. Not used any more once _items exists.
    private IThreadPoolWorkItem? _firstItem;

    // Created on demand, when an item is added while another one is queued: many sessions never need it.
    private ConcurrentQueue<IThreadPoolWorkItem>? _items;

    // Exchanged atomically: 1 from the scheduling of a batch until its start.
    private int _isScheduled;

    // Changed atomically: the batches that still schedule another one before each item. May be off by a few.
    private int _cautiousBatchesRemaining;

    // Used by the reader only: the items that it has enqueued and for which no batch is scheduled.
    private int _readerItemCount;

    /// <summary>Whether items are queued. A hint: the value may be stale.</summary>
    public bool HasWorkItems => !IsEmpty;

    /// <summary>
    /// Whether items are queued whose frames should share the next write. False while items block: a write must not wait for them.
    /// </summary>
    public bool HasItemsToShareWrite =>
        !IsEmpty && (Volatile.Read(ref _cautiousBatchesRemaining) == 0 || !IsStalled(_timeProvider.GetTimestamp()));

    /// <summary>Enqueues an item. The item must not throw.</summary>
    public void Enqueue(IThreadPoolWorkItem workItem)
    {
        AppendItem(workItem);
        ScheduleUnlessInBatch();
    }

    /// <summary>
    /// Enqueues the write of the session, which must not be queued already. It runs after the items that are queued, or earlier, if they
    /// take longer than 0.5 ms.
    /// </summary>
    /// <param name="write">The write. It must not throw.</param>
    /// <param name="mayYield">
    /// Whether it runs after the items, too, that are added until its position is reached: they may append frames that share the write.
    /// </param>
    public void EnqueueWrite(IThreadPoolWorkItem write, bool mayYield)
    {
        _writeTimestamp = _timeProvider.GetTimestamp();
        _mayWriteYield = mayYield;
        Volatile.Write(ref _write, write);
        AppendWritePosition();
        ScheduleUnlessInBatch();
    }

    private void ScheduleUnlessInBatch()
    {
        // A batch of this queue on this thread runs the item itself, so that no batch has to be scheduled.
        if (Volatile.Read(ref _cautiousBatchesRemaining) > 0 || !StallDetector.ForCurrentThread.IsRunningBatchOf(this))
        {
            ScheduleOnThreadPool();
        }
        else
        {
            StallDetector.EnsureTimerRunning();
        }
    }

    /// <summary>
    /// Enqueues an item. Called by the session's reader only, which calls <see cref="ScheduleReaderItems"/> or <see
    /// cref="TryClaimReaderItems"/> when it has handled all bytes that it has read.
    /// </summary>
    public void EnqueueFromReader(IThreadPoolWorkItem workItem)
    {
        AppendItem(workItem);
        if (++_readerItemCount % MaxReaderItems == 0)
        {
            ScheduleOnThreadPool();
        }
    }

    /// <summary>The reader continues, or ends: schedules a batch for the items that it has enqueued. Reader only.</summary>
    public void ScheduleReaderItems()
    {
        if (TryClaimReaderItems())
        {
            ScheduleOnThreadPool();
        }
    }

    /// <summary>
    /// The reader is about to wait. True if it has enqueued items; the caller then calls <see cref="DrainInline"/>. Reader only.
    /// </summary>
    public bool TryClaimReaderItems()
    {
        bool hasItems = _readerItemCount > 0;
        _readerItemCount = 0;
        return hasItems;
    }

    /// <summary>Runs a batch on the thread of a reader that waits. The reader may have continued on another thread already.</summary>
    public void DrainInline()
    {
        StallDetector detector = StallDetector.ForCurrentThread;
        if (detector.IsRunningBatch)
        {
            // The read was started by an item that this thread runs. Its items must not wait for the end of that item.
            ScheduleOnThreadPool();
        }
        else
        {
            RunBatch(detector);
        }
    }

    /// <summary>
    /// A batch is stalled: schedules another one for the items after the one that blocks. Runs a queued write at once, as the thread pool
    /// may have no other thread for it.
    /// </summary>
    public void OnStalled()
    {
        if (!IsEmpty)
        {
            Volatile.Write(ref _lastStallTimestamp, _timeProvider.GetTimestamp());
            Volatile.Write(ref _cautiousBatchesRemaining, CautiousBatches);
            TryRunWrite();
            ScheduleOnThreadPool();
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        // Reset before dequeueing: an item that is added from here on schedules a batch.
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
        long deadline = 0;
        long itemStart = isCautious ? _timeProvider.GetTimestamp() : 0;
        for (int i = 0; i < MaxItemsPerBatch; i++)
        {
            if (IsWriteOverdue(itemStart))
            {
                TryRunWrite();
                RestoreContext(context);
            }

            itemStart = isCautious ? _timeProvider.GetTimestamp() : 0;

            if (!TryDequeue(out IThreadPoolWorkItem? work))
            {
                break;
            }

            if (!IsEmpty)
            {
                StallDetector.EnsureTimerRunning();
                if (isCautious || IsSingleThreadTimeExceeded(ref deadline, i))
                {
                    ScheduleOnThreadPool();
                }
            }

            if (ReferenceEquals(work, this))
            {
                OnWritePosition();
            }
            else
            {
                work.Execute();
            }

            RestoreContext(context);
        }

        detector.EndBatch();
        if (!IsEmpty)
        {
            ScheduleOnThreadPool();
        }
    }

    /// <summary>
    /// Whether a write is queued that must not wait for the next item: it has waited, or the next item may block as the last one did.
    /// </summary>
    /// <param name="itemStart">When the last item of the batch started; 0 if it was not measured.</param>
    private bool IsWriteOverdue(long itemStart)
    {
        if (Volatile.Read(ref _write) is null)
        {
            return false;
        }

        long now = _timeProvider.GetTimestamp();
        return IsOver(MaxWriteDelay, Volatile.Read(ref _writeTimestamp), now)
            || (Volatile.Read(ref _cautiousBatchesRemaining) > 0 && (IsOver(MaxWriteDelay, itemStart, now) || IsStalled(now)));
    }

    private bool IsStalled(long now) => !IsOver(StallPeriod, Volatile.Read(ref _lastStallTimestamp), now);

    private bool IsOver(TimeSpan period, long start, long now) => _timeProvider.GetElapsedTime(start, now) > period;

    private void AppendWritePosition()
    {
        // The exchange is a full fence: the thread that takes a position that is queued already sees the write.
        if (Interlocked.Exchange(ref _isWritePositionQueued, 1) == 0)
        {
            AppendItem(this);
        }
    }

    private void OnWritePosition()
    {
        Interlocked.Exchange(ref _isWritePositionQueued, 0);
        if (_mayWriteYield && !IsEmpty && Volatile.Read(ref _write) is not null)
        {
            // Once per write. The value may be that of the next write, which then yields once less or more.
            _mayWriteYield = false;
            AppendWritePosition();
        }
        else
        {
            TryRunWrite();
        }
    }

    private void TryRunWrite() => Interlocked.Exchange(ref _write, null)?.Execute();

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

    /// <summary>Whether the batch runs longer than <see cref="SingleThreadTicks"/>. The clock is read for every fourth item only.</summary>
    private static bool IsSingleThreadTimeExceeded(ref long deadline, int itemCount)
    {
        if (itemCount == 0)
        {
            deadline = Stopwatch.GetTimestamp() + SingleThreadTicks;
            return false;
        }

        return itemCount % 4 == 0 && Stopwatch.GetTimestamp() > deadline;
    }

    /// <summary>
    /// Resets the execution and synchronization context that an item may have set, as the thread pool does between its items.
    /// </summary>
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
        // The exchange is a full fence even if a batch is scheduled already: the added item must be visible before that batch starts.
        if (Interlocked.Exchange(ref _isScheduled, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }
}
