namespace TunnelRpc.Simulation.Scheduling;

/// <summary>
/// The run's clock and its queue of what is to happen: the code under test sets timers, the simulation sets events, and who drives the
/// run lets them happen one at a time. What is due at the same moment happens in an order that the seed draws. The worker's alone.
/// </summary>
internal sealed class SimClock : TimeProvider
{
    /// <summary>No timer fires early, and all fire a little late.</summary>
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

    /// <summary>Timers of the code under test that are set to fire.</summary>
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

    /// <summary>Something of the simulation's own happens after a time.</summary>
    public void Schedule(TimeSpan delay, Action action)
    {
        var timer = new SimTimer(this, static state => ((Action)state!)(), action, isOurs: true);
        timer.Change(delay, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Waits; for the simulated applications and the network.</summary>
    public async Task WaitAsync(TimeSpan time, CancellationToken cancellationToken = default)
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Schedule(time, () => over.TrySetResult());
        await over.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether something happens so soon.</summary>
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

    /// <summary>Lets the next thing happen; false when nothing is due ever.</summary>
    public bool TryStep()
    {
        while (_queue.TryDequeue(out (SimTimer Timer, int Version) next, out (long Due, ulong Tie) key))
        {
            if (next.Timer.Version != next.Version)
            {
                // It was set anew, or disposed.
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
        long late = timer.IsSimulationTimer ? 0 : _random.Below(MaxLateTicks);
        _queue.Enqueue((timer, timer.Version), (Elapsed.Ticks + delay.Ticks + late, _random.Next()));
    }

    private sealed class SimTimer(SimClock clock, TimerCallback callback, object? state, bool isOurs = false) : ITimer
    {
        private TimeSpan _period;
        private bool _isArmed;
        private bool _disposed;

        public bool IsSimulationTimer => isOurs;

        /// <summary>Changes with each setting: what was queued before is void.</summary>
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

            if (!isOurs)
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
                clock.ArmedTimers += isOurs ? 0 : armed ? 1 : -1;
            }
        }
    }
}
