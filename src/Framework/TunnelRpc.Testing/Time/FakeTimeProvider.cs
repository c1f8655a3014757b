namespace TunnelRpc.Testing.Time;

/// <summary>
/// A clock that stands still until a test moves it: time, timestamps and timers agree, and timers fire inside
/// <see cref="Advance"/>, in the order in which they are due. Thread-safe.
/// </summary>
/// <remarks>
/// Callbacks run on the thread that advances, one at a time, with the clock at the time the timer was due; an exception that a
/// callback throws leaves <see cref="Advance"/>. A timer set to fire at once fires with the next advance, also one by zero.
/// </remarks>
public sealed class FakeTimeProvider : TimeProvider
{
    // Guards the clock and the timers; never held while a callback runs.
    private readonly Lock _gate = new();

    // Guarded by _gate: the timers that are due some time, in no order.
    private readonly List<FakeTimer> _timers = [];

    // Guarded by _gate: tests that wait for a timer to be set.
    private readonly List<(TimeSpan Within, TaskCompletionSource Found)> _waiters = [];
    private readonly DateTimeOffset _start;
    private TimeSpan _elapsed;
    private long _order;

    /// <summary>A clock that shows <paramref name="start"/>.</summary>
    public FakeTimeProvider(DateTimeOffset start) => _start = start;

    /// <summary>A clock that shows the beginning of the year 2000, UTC.</summary>
    public FakeTimeProvider()
        : this(new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    /// <summary>Timestamps count ticks of 100 ns.</summary>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>UTC: tests do not depend on where they run.</summary>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>How many timers are set to fire some time.</summary>
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

    /// <summary>Moves the clock and fires what falls due on the way, periodic timers as often as they are due.</summary>
    /// <param name="by">How far; not negative.</param>
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
    /// Completes once some timer is due at most <paramref name="within"/> from now: for a test that advances past a timer which
    /// another thread is about to set.
    /// </summary>
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

    /// <summary>The next timer due by then, with the clock set to its time; null, with the clock at <paramref name="target"/>, when there is none.</summary>
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

    /// <summary>One timer; the provider's gate guards it.</summary>
    private sealed class FakeTimer(FakeTimeProvider time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;
        private bool _disposed;

        public TimeSpan Due { get; private set; }

        /// <summary>Set later, fires later, among those due at the same time.</summary>
        public long Order { get; private set; }

        public void Fire() => callback(state);

        /// <summary>Before it fires: puts it in for its next time, or takes it out.</summary>
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
                throw new ArgumentOutOfRangeException(nameof(dueTime), dueTime, "A due time is not negative, or it is Timeout.InfiniteTimeSpan.");
            }

            if (period < TimeSpan.Zero && period != Timeout.InfiniteTimeSpan)
            {
                throw new ArgumentOutOfRangeException(nameof(period), period, "A period is not negative, or it is Timeout.InfiniteTimeSpan.");
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
