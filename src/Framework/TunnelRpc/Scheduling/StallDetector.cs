namespace TunnelRpc.Scheduling;

/// <summary>
/// What turn a thread of the pool is in. A timer, which runs while there are turns of more than one piece, looks at all of them: one that it
/// finds twice is stuck, and its queue is told.
/// </summary>
/// <remarks>The timer is the process's own, on real time: it is about threads, not about what a session waits for.</remarks>
internal sealed class StallDetector
{
    /// <summary>How often turns are looked at.</summary>
    private static readonly TimeSpan CheckInterval = TimeSpan.FromMilliseconds(5);

    /// <summary>How many looks in a row find no turn before they end.</summary>
    private const int MaxIdleChecks = 20;

    private static readonly Lock Gate = new();

    // Guarded by Gate: one of each thread that had a turn and may live.
    private static readonly List<WeakReference<StallDetector>> Detectors = [];
    private static readonly Timer CheckTimer = CreateTimer();

    // Guarded by Gate.
    private static int _idleChecks;

    // Set under Gate; read by who needs looks, behind a fence.
    private static volatile bool _isTimerRunning;

    [ThreadStatic]
    private static StallDetector? _current;

    // Written by the thread: the queue whose turn it is in, and how many turns it has begun.
    private WorkQueue? _queue;
    private long _batchCount;

    // Guarded by Gate: the turn that the last look found.
    private long _lastSeenBatch;

    public static StallDetector ForCurrentThread => _current ?? Register();

    /// <summary>Whether the thread is in a turn; its own question.</summary>
    public bool IsRunningBatch => _queue is not null;

    /// <summary>Whether it is in a turn of this queue; its own question.</summary>
    public bool IsRunningBatchOf(WorkQueue queue) => ReferenceEquals(_queue, queue);

    public void BeginBatch(WorkQueue queue)
    {
        _batchCount++;
        Interlocked.Exchange(ref _queue, queue);
    }

    /// <summary>There is more behind the piece that the turn is about to run, or runs: it must not wait for ever.</summary>
    public static void EnsureTimerRunning()
    {
        if (!_isTimerRunning)
        {
            StartTimer();
        }
    }

    public void EndBatch() => Volatile.Write(ref _queue, null);

    private static StallDetector Register()
    {
        var watch = new StallDetector();
        lock (Gate)
        {
            Detectors.RemoveAll(known => !known.TryGetTarget(out _));
            Detectors.Add(new WeakReference<StallDetector>(watch));
        }

        return _current = watch;
    }

    /// <summary>Nobody's timer: it must not keep what the thread that happens to need it first carries along.</summary>
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
        List<WorkQueue>? stuck = null;
        lock (Gate)
        {
            bool any = false;
            if (_idleChecks >= MaxIdleChecks)
            {
                // Before the look: a turn that begins from here on starts the next ones.
                _isTimerRunning = false;
                CheckTimer.Change(Timeout.Infinite, Timeout.Infinite);
                Interlocked.MemoryBarrier();
            }

            foreach (WeakReference<StallDetector> known in Detectors)
            {
                if (known.TryGetTarget(out StallDetector? watch) && Volatile.Read(ref watch._queue) is { } queue)
                {
                    any = true;
                    long turn = Volatile.Read(ref watch._batchCount);
                    if (watch._lastSeenBatch == turn)
                    {
                        (stuck ??= []).Add(queue);
                    }

                    watch._lastSeenBatch = turn;
                }
            }

            _idleChecks = any ? 0 : _idleChecks + 1;
            if (any && !_isTimerRunning)
            {
                _isTimerRunning = true;
                CheckTimer.Change(CheckInterval, CheckInterval);
            }
        }

        stuck?.ForEach(queue => queue.OnStalled());
    }
}
