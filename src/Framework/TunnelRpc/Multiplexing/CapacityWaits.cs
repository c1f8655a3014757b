namespace TunnelRpc.Multiplexing;

/// <summary>
/// The calls and items of this side that wait for capacity of the peer. Reports those that have waited for more than a second. Its timer
/// runs only while there are waits. Thread-safe.
/// </summary>
/// <param name="timeProvider">The clock.</param>
/// <param name="onLongWait">Gets the number of waits of more than a second. Called at most once a minute, on any thread.</param>
internal sealed class CapacityWaits(TimeProvider timeProvider, Action<int> onLongWait) : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReportInterval = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();

    // Guarded by _gate: when each wait began; long.MaxValue for one that is not reported.
    private readonly LinkedList<long> _waits = new();

    // Guarded by _gate. Created with the first wait.
    private ITimer? _timer;
    private bool _isTimerRunning;
    private bool _isDisposed;
    private long? _lastReport;

    /// <summary>Called every second during waits, on the timer's thread. Set once, before the first wait.</summary>
    public Action? Tick { get; set; }

    /// <summary>A wait begins. The caller disposes the result when the wait ends.</summary>
    /// <param name="isReported">Whether it is reported when it is long; false for a wait for the path, and not for the peer.</param>
    public Wait Begin(bool isReported = true)
    {
        lock (_gate)
        {
            var wait = new Wait(this, _waits.AddLast(isReported ? timeProvider.GetTimestamp() : long.MaxValue));
            if (!_isTimerRunning && !_isDisposed)
            {
                _timer ??= timeProvider.CreateTimer(
                    static state => ((CapacityWaits)state!).OnTick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                _isTimerRunning = _timer.Change(Interval, Timeout.InfiniteTimeSpan);
            }

            return wait;
        }
    }

    /// <summary>Stops the timer. Waits that begin later are not watched.</summary>
    public void Dispose()
    {
        ITimer? timer;
        lock (_gate)
        {
            _isDisposed = true;
            timer = _timer;
            _timer = null;
        }

        timer?.Dispose();
    }

    private void OnTick()
    {
        int longWaits = 0;
        lock (_gate)
        {
            _isTimerRunning = _waits.Count > 0 && _timer?.Change(Interval, Timeout.InfiniteTimeSpan) == true;
            long now = timeProvider.GetTimestamp();
            if (_lastReport is null || timeProvider.GetElapsedTime(_lastReport.Value, now) >= ReportInterval)
            {
                longWaits = _waits.Count(start => start <= now && timeProvider.GetElapsedTime(start, now) >= Interval);
                _lastReport = longWaits > 0 ? now : _lastReport;
            }
        }

        if (longWaits > 0)
        {
            onLongWait(longWaits);
        }

        Tick?.Invoke();
    }

    /// <summary>One wait.</summary>
    internal readonly struct Wait(CapacityWaits waits, LinkedListNode<long> node) : IDisposable
    {
        /// <summary>The wait has ended. Once.</summary>
        public void Dispose()
        {
            lock (waits._gate)
            {
                waits._waits.Remove(node);
            }
        }
    }
}
