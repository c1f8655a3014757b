namespace TunnelRpc.Scheduling;

/// <summary>
/// Detects batches of work items that do not progress, because one of their items blocks. One instance per thread: it states which batch
/// the thread runs. A timer, which runs while a batch has items after the current one, checks all instances every 5 ms. A batch that two
/// checks in a row find is stalled, and its <see cref="WorkQueue"/> is notified.
/// </summary>
/// <remarks>One timer per process, on real time instead of a session's TimeProvider, as it observes threads.</remarks>
internal sealed class StallDetector
{
    /// <summary>The interval of the checks.</summary>
    private static readonly TimeSpan CheckInterval = TimeSpan.FromMilliseconds(5);

    /// <summary>After this number of checks in a row that find no batch, the timer stops.</summary>
    private const int MaxIdleChecks = 20;

    private static readonly Lock Gate = new();

    // Guarded by Gate: the instances of all threads that have run a batch; those of ended threads are removed when one is added.
    private static readonly List<WeakReference<StallDetector>> Detectors = [];
    private static readonly Timer CheckTimer = CreateTimer();

    // Guarded by Gate: checks in a row that found no batch.
    private static int _idleChecks;

    // Changed under Gate; read without it by EnsureTimerRunning, after the fence of BeginBatch.
    private static volatile bool _isTimerRunning;

    [ThreadStatic]
    private static StallDetector? _current;

    // Written by the thread: the queue whose batch it runs, or null; and the number of batches that it has started.
    private WorkQueue? _queue;
    private long _batchCount;

    // Guarded by Gate: the batch that the last check found.
    private long _lastSeenBatch;

    /// <summary>The current thread's instance.</summary>
    public static StallDetector ForCurrentThread => _current ?? Register();

    /// <summary>Whether the thread runs a batch. Called by the thread itself.</summary>
    public bool IsRunningBatch => _queue is not null;

    /// <summary>Whether the thread runs a batch of this queue. Called by the thread itself.</summary>
    public bool IsRunningBatchOf(WorkQueue queue) => ReferenceEquals(_queue, queue);

    /// <summary>The thread starts a batch. A full fence.</summary>
    public void BeginBatch(WorkQueue queue)
    {
        _batchCount++;
        Interlocked.Exchange(ref _queue, queue);
    }

    /// <summary>
    /// A work item follows the one that the batch runs, or is about to run: it must not wait indefinitely, so the checks have to run.
    /// </summary>
    public static void EnsureTimerRunning()
    {
        if (!_isTimerRunning)
        {
            StartTimer();
        }
    }

    /// <summary>The thread has ended its batch.</summary>
    public void EndBatch() => Volatile.Write(ref _queue, null);

    private static StallDetector Register()
    {
        var detector = new StallDetector();
        lock (Gate)
        {
            Detectors.RemoveAll(reference => !reference.TryGetTarget(out _));
            Detectors.Add(new WeakReference<StallDetector>(detector));
        }

        return _current = detector;
    }

    /// <summary>
    /// Creates the timer without the execution context of the thread that happens to need it first, so that the timer does not keep that
    /// alive.
    /// </summary>
    private static Timer CreateTimer()
    {
        if (ExecutionContext.IsFlowSuppressed())
        {
            return new Timer(static _ => CheckForStalls(), null, Timeout.Infinite, Timeout.Infinite);
        }

        using (ExecutionContext.SuppressFlow())
        {
            return CreateTimer();
        }
    }

    private static void StartTimer()
    {
        lock (Gate)
        {
            if (!_isTimerRunning)
            {
                _isTimerRunning = true;
                _idleChecks = 0;
                CheckTimer.Change(CheckInterval, CheckInterval);
            }
        }
    }

    private static void CheckForStalls()
    {
        List<WorkQueue>? stalled = null;
        lock (Gate)
        {
            bool foundBatch = false;
            if (_idleChecks >= MaxIdleChecks)
            {
                // Stopped before the check: a batch that starts from here on starts the timer again.
                _isTimerRunning = false;
                CheckTimer.Change(Timeout.Infinite, Timeout.Infinite);
                Interlocked.MemoryBarrier();
            }

            foreach (WeakReference<StallDetector> reference in Detectors)
            {
                if (reference.TryGetTarget(out StallDetector? detector) && Volatile.Read(ref detector._queue) is { } queue)
                {
                    foundBatch = true;
                    long batch = Volatile.Read(ref detector._batchCount);
                    if (detector._lastSeenBatch == batch)
                    {
                        (stalled ??= []).Add(queue);
                    }

                    detector._lastSeenBatch = batch;
                }
            }

            _idleChecks = foundBatch ? 0 : _idleChecks + 1;
            if (foundBatch && !_isTimerRunning)
            {
                _isTimerRunning = true;
                CheckTimer.Change(CheckInterval, CheckInterval);
            }
        }

        stalled?.ForEach(queue => queue.OnStalled());
    }
}
