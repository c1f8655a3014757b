namespace TunnelRpc.Simulation.Scheduling;

/// <summary>
/// The run's clock and its event queue. The code under test arms timers, the simulation schedules events, and the driver fires them one at
/// a time. The order of events that are due at the same moment is drawn from the seed. Used only on the run's single worker thread.
/// </summary>
internal sealed class SimClock : TimeProvider
{
    /// <summary>The largest delay of a timer of the code under test, in ticks. No timer fires early.</summary>
    private const int MaxLateTicks = 20_000;

    private static readonly DateTimeOffset Start = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly PriorityQueue<(SimTimer Timer, int Version), (long Due, ulong Tie)> _queue = new();
    private readonly SimRandom _random;
    private readonly Trace _trace;

    public SimClock(SimRandom random, Trace trace)
    {
        _random = random;
        _trace = trace;
        trace.Clock = this;
    }

    public TimeSpan Elapsed { get; private set; }

    /// <summary>The number of armed timers of the code under test.</summary>
    public int ArmedTimers { get; private set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow() => Start + Elapsed;

    public override long GetTimestamp() => Elapsed.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Schedules an event of the simulation. It fires exactly after the delay.</summary>
    public void Schedule(TimeSpan delay, Action action)
    {
        var timer = new SimTimer(this, static state => ((Action)state!)(), action, isSimulationTimer: true);
        timer.Change(delay, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Waits in simulated time. Used by the simulated applications and the network.</summary>
    public async Task WaitAsync(TimeSpan time, CancellationToken cancellationToken = default)
    {
        var elapsed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Schedule(time, () => elapsed.TrySetResult());
        await elapsed.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether the next event is due within this time.</summary>
    public bool IsDueWithin(TimeSpan time)
    {
        while (_queue.TryPeek(out (SimTimer Timer, int Version) next, out (long Due, ulong Tie) key))
        {
            if (next.Timer.Version == next.Version)
            {
                return key.Due <= Elapsed.Ticks + time.Ticks;
            }

            _queue.Dequeue();
        }

        return false;
    }

    /// <summary>Advances the clock to the next event and fires it; false if no event is scheduled.</summary>
    public bool TryStep()
    {
        while (_queue.TryDequeue(out (SimTimer Timer, int Version) next, out (long Due, ulong Tie) key))
        {
            if (next.Timer.Version != next.Version)
            {
                // The timer was changed or disposed after this entry was queued.
                continue;
            }

            Elapsed = TimeSpan.FromTicks(Math.Max(Elapsed.Ticks, key.Due));
            next.Timer.Fire();
            return true;
        }

        return false;
    }

    private void Enqueue(SimTimer timer, TimeSpan delay)
    {
        long lateTicks = timer.IsSimulationTimer ? 0 : _random.Below(MaxLateTicks);
        _queue.Enqueue((timer, timer.Version), (Elapsed.Ticks + delay.Ticks + lateTicks, _random.Next()));
    }

    private sealed class SimTimer(SimClock clock, TimerCallback callback, object? state, bool isSimulationTimer = false) : ITimer
    {
        private TimeSpan _period;
        private bool _isArmed;
        private bool _disposed;

        public bool IsSimulationTimer => isSimulationTimer;

        /// <summary>Incremented whenever the timer is armed, changed or disposed. A queue entry with an older version is ignored.</summary>
        public int Version { get; private set; }

        public void Fire()
        {
            if (_period > TimeSpan.Zero)
            {
                Version++;
                clock.Enqueue(this, _period);
            }
            else
            {
                Arm(false);
            }

            if (!isSimulationTimer)
            {
                clock._trace.Add("timer");
            }

            callback(state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (_disposed)
            {
                return false;
            }

            Version++;
            _period = period;
            Arm(dueTime != Timeout.InfiniteTimeSpan);
            if (_isArmed)
            {
                clock.Enqueue(this, dueTime);
            }

            return true;
        }

        public void Dispose()
        {
            _disposed = true;
            Version++;
            Arm(false);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }

        private void Arm(bool armed)
        {
            if (_isArmed != armed)
            {
                _isArmed = armed;
                clock.ArmedTimers += isSimulationTimer ? 0 : armed ? 1 : -1;
            }
        }
    }
}
