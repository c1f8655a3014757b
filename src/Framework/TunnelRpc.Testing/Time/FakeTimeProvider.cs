namespace TunnelRpc.Testing.Time;

// Decision: docs/adr/0040-own-fake-clock.md
/// <summary>
/// A clock that only a test advances. The time, the timestamps and the timers agree. Timers fire in <see cref="Advance"/>, in the order of
/// their due times. Thread-safe.
/// </summary>
/// <remarks>
/// Callbacks run on the thread that calls <see cref="Advance"/>, one after the other. During a callback the clock shows the due time of its
/// timer. If a callback throws, <see cref="Advance"/> throws the exception. A timer with a due time of zero fires at the next call of
/// <see cref="Advance"/>, even by zero.
/// </remarks>
public sealed class FakeTimeProvider : TimeProvider
{
    // Guards the clock and the timers. Not held while a callback runs.
    private readonly Lock _gate = new();

    // Guarded by _gate: the active timers, in no order.
    private readonly List<FakeTimer> _timers = [];

    // Guarded by _gate: the waiters of WhenTimerDueAsync.
    private readonly List<(TimeSpan Within, TaskCompletionSource Found)> _waiters = [];
    private readonly DateTimeOffset _start;

    // Guarded by _gate: the time since _start, and the number of times that a timer was set.
    private TimeSpan _elapsed;
    private long _order;

    /// <summary>Creates a clock.</summary>
    /// <param name="start">The time that it shows at first.</param>
    public FakeTimeProvider(DateTimeOffset start) => _start = start;

    /// <summary>Creates a clock that shows January 1, 2000, 00:00 UTC at first.</summary>
    public FakeTimeProvider()
        : this(new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    /// <summary>The frequency of timestamps: 10,000,000 per second, which are ticks of 100 ns.</summary>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>UTC, so that tests do not depend on the time zone of the machine.</summary>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>The number of active timers: those with a due time.</summary>
    public int ActiveTimers
    {
        get
        {
            lock (_gate)
            {
                return _timers.Count;
            }
        }
    }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _start + _elapsed;
        }
    }

    /// <inheritdoc/>
    public override long GetTimestamp()
    {
        lock (_gate)
        {
            return _elapsed.Ticks;
        }
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new FakeTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>
    /// Advances the clock and fires each timer that becomes due, a periodic timer once for each period. It returns after the callbacks.
    /// </summary>
    /// <param name="by">The time to advance by, not negative.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="by"/> is negative.</exception>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        TimeSpan target;
        lock (_gate)
        {
            target = _elapsed + by;
        }

        while (TakeDue(target) is FakeTimer due)
        {
            due.Fire();
        }
    }

    /// <summary>
    /// Completes when a timer is due within a time from now. Use it before <see cref="Advance"/> if another thread sets the timer.
    /// </summary>
    /// <param name="within">The longest time from now until the timer is due.</param>
    /// <returns>A completed task if there is such a timer; otherwise a task that completes when one is set.</returns>
    public Task WhenTimerDueAsync(TimeSpan within)
    {
        lock (_gate)
        {
            if (_timers.Exists(timer => timer.Due - _elapsed <= within))
            {
                return Task.CompletedTask;
            }

            var found = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((within, found));
            return found.Task;
        }
    }

    /// <summary>
    /// Sets the clock to the due time of the next timer that is due by <paramref name="target"/>, and returns the timer. If there is none,
    /// sets the clock to <paramref name="target"/> and returns null.
    /// </summary>
    private FakeTimer? TakeDue(TimeSpan target)
    {
        lock (_gate)
        {
            FakeTimer? next = null;
            foreach (FakeTimer timer in _timers)
            {
                if (timer.Due <= target && (next is null || (timer.Due, timer.Order).CompareTo((next.Due, next.Order)) < 0))
                {
                    next = timer;
                }
            }

            TimeSpan now = next?.Due ?? target;
            if (now > _elapsed)
            {
                _elapsed = now;
            }

            next?.Rearm();
            return next;
        }
    }

    // Called under _gate.
    private void NotifyWaiters(FakeTimer timer)
    {
        for (int i = _waiters.Count - 1; i >= 0; i--)
        {
            if (timer.Due - _elapsed <= _waiters[i].Within)
            {
                _waiters[i].Found.TrySetResult();
                _waiters.RemoveAt(i);
            }
        }
    }

    /// <summary>A timer. Its fields are guarded by the provider's _gate.</summary>
    private sealed class FakeTimer(FakeTimeProvider time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;
        private bool _disposed;

        public TimeSpan Due { get; private set; }

        /// <summary>The order of timers with the same due time: the timer that was set first fires first.</summary>
        public long Order { get; private set; }

        public void Fire() => callback(state);

        /// <summary>Called before the timer fires: sets the next due time of a periodic timer, and removes any other timer.</summary>
        public void Rearm()
        {
            if (_period > TimeSpan.Zero)
            {
                Due += _period;
                Order = time._order++;
            }
            else
            {
                time._timers.Remove(this);
            }
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime < TimeSpan.Zero && dueTime != Timeout.InfiniteTimeSpan)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(dueTime), dueTime, "Expected a due time that is not negative, or Timeout.InfiniteTimeSpan.");
            }

            if (period < TimeSpan.Zero && period != Timeout.InfiniteTimeSpan)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(period), period, "Expected a period that is not negative, or Timeout.InfiniteTimeSpan.");
            }

            lock (time._gate)
            {
                if (_disposed)
                {
                    return false;
                }

                time._timers.Remove(this);
                _period = period;
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    Due = time._elapsed + dueTime;
                    Order = time._order++;
                    time._timers.Add(this);
                    time.NotifyWaiters(this);
                }

                return true;
            }
        }

        public void Dispose()
        {
            lock (time._gate)
            {
                _disposed = true;
                time._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
