namespace TunnelRpc.Scheduling;

/// <summary>
/// What turn a thread of the pool is in. A timer, which runs while there are turns of more than one piece, looks at all of them: one that it
/// finds twice is stuck, and its queue is told.
/// </summary>
/// <remarks>The timer is the process's own, on real time: it is about threads, not about what a session waits for.</remarks>
internal sealed class TurnWatch
{
    /// <summary>How often turns are looked at.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);

    /// <summary>How many looks in a row find no turn before they end.</summary>
    private const int IdleLooks = 20;

    private static readonly Lock Gate = new();

    // Guarded by Gate: one of each thread that had a turn and may live.
    private static readonly List<WeakReference<TurnWatch>> All = [];
    private static readonly Timer Looks = CreateTimer();

    // Guarded by Gate.
    private static int _idleLooks;

    // Set under Gate; read by who needs looks, behind a fence.
    private static volatile bool _isLooking;

    [ThreadStatic]
    private static TurnWatch? _mine;

    // Written by the thread: the queue whose turn it is in, and how many turns it has begun.
    private WorkQueue? _queue;
    private long _turns;

    // Guarded by Gate: the turn that the last look found.
    private long _seen;

    public static TurnWatch OfThisThread => _mine ?? Register();

    /// <summary>Whether the thread is in a turn; its own question.</summary>
    public bool IsInTurn => _queue is not null;

    /// <summary>Whether it is in a turn of this queue; its own question.</summary>
    public bool IsInTurnOf(WorkQueue queue) => ReferenceEquals(_queue, queue);

    public void Begin(WorkQueue queue)
    {
        _turns++;
        Interlocked.Exchange(ref _queue, queue);
    }

    /// <summary>There is more behind the piece that the turn is about to run, or runs: it must not wait for ever.</summary>
    public static void Need()
    {
        if (!_isLooking)
        {
            StartLooking();
        }
    }

    public void End() => Volatile.Write(ref _queue, null);

    private static TurnWatch Register()
    {
        var watch = new TurnWatch();
        lock (Gate)
        {
            All.RemoveAll(known => !known.TryGetTarget(out _));
            All.Add(new WeakReference<TurnWatch>(watch));
        }

        return _mine = watch;
    }

    /// <summary>Nobody's timer: it must not keep what the thread that happens to need it first carries along.</summary>
    private static Timer CreateTimer()
    {
        if (ExecutionContext.IsFlowSuppressed())
        {
            return new Timer(static _ => Look(), null, Timeout.Infinite, Timeout.Infinite);
        }

        using (ExecutionContext.SuppressFlow())
        {
            return CreateTimer();
        }
    }

    private static void StartLooking()
    {
        lock (Gate)
        {
            if (!_isLooking)
            {
                _isLooking = true;
                _idleLooks = 0;
                Looks.Change(Interval, Interval);
            }
        }
    }

    private static void Look()
    {
        List<WorkQueue>? stuck = null;
        lock (Gate)
        {
            bool any = false;
            if (_idleLooks >= IdleLooks)
            {
                // Before the look: a turn that begins from here on starts the next ones.
                _isLooking = false;
                Looks.Change(Timeout.Infinite, Timeout.Infinite);
                Interlocked.MemoryBarrier();
            }

            foreach (WeakReference<TurnWatch> known in All)
            {
                if (known.TryGetTarget(out TurnWatch? watch) && Volatile.Read(ref watch._queue) is { } queue)
                {
                    any = true;
                    long turn = Volatile.Read(ref watch._turns);
                    if (watch._seen == turn)
                    {
                        (stuck ??= []).Add(queue);
                    }

                    watch._seen = turn;
                }
            }

            _idleLooks = any ? 0 : _idleLooks + 1;
            if (any && !_isLooking)
            {
                _isLooking = true;
                Looks.Change(Interval, Interval);
            }
        }

        stuck?.ForEach(queue => queue.OnStuck());
    }
}
