using System.Runtime.CompilerServices;

namespace TunnelRpc.Client.Paths;

// Decision: docs/adr/0061-one-timer-checks-all-paths.md
/// <summary>
/// The timer that checks the paths of all sessions of the process that share a clock, twice a second. A check of one path is a few reads,
/// so that an idle session costs nearly nothing; its loop continues only when there is something to do. The timer runs while there is a
/// session. Thread-safe.
/// </summary>
internal sealed class PathCheckTimer
{
    /// <summary>The interval of the checks.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// The machine has slept when the wall clock advanced more than the timestamps between two checks, by at least this time. Timestamps do
    /// not advance during sleep.
    /// </summary>
    public static readonly TimeSpan SleepThreshold = TimeSpan.FromSeconds(5);

    private static readonly ConditionalWeakTable<TimeProvider, PathCheckTimer> Timers = [];

    private readonly TimeProvider _timeProvider;
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly HashSet<PathMonitor> _monitors = [];

    // Guarded by _gate: active while there is a monitor; null otherwise.
    private ITimer? _timer;

    // Guarded by _gate: the difference between the wall clock and the timestamps at the last check.
    private TimeSpan _clockOffset;

    private PathCheckTimer(TimeProvider timeProvider) => _timeProvider = timeProvider;

    /// <summary>Returns the timer of a clock.</summary>
    public static PathCheckTimer Get(TimeProvider timeProvider) =>
        Timers.GetValue(timeProvider, static clock => new PathCheckTimer(clock));

    /// <summary>Checks the path of <paramref name="monitor"/> from now on.</summary>
    public void Add(PathMonitor monitor)
    {
        lock (_gate)
        {
            _monitors.Add(monitor);
            if (_timer is null)
            {
                _clockOffset = GetClockOffset();
                _timer = CreateTimer();
            }
        }
    }

    /// <summary>Ends the checks of <paramref name="monitor"/>. A check may be in progress.</summary>
    public void Remove(PathMonitor monitor)
    {
        lock (_gate)
        {
            _monitors.Remove(monitor);
            if (_monitors.Count == 0)
            {
                _timer?.Dispose();
                _timer = null;
            }
        }
    }

    private ITimer CreateTimer()
    {
        // The timer serves all clients. It must not retain the execution context of the code that connects the first one.
        using AsyncFlowControl suppressed = ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow();
        return _timeProvider.CreateTimer(static timer => ((PathCheckTimer)timer!).Check(), this, Interval, Interval);
    }

    private void Check()
    {
        long now = _timeProvider.GetTimestamp();
        TimeSpan offset = GetClockOffset();
        lock (_gate)
        {
            bool hasSlept = offset - _clockOffset > SleepThreshold;
            _clockOffset = offset;
            foreach (PathMonitor monitor in _monitors)
            {
                monitor.OnCheck(now, hasSlept);
            }
        }
    }

    /// <summary>Returns the difference between the wall clock and the timestamps.</summary>
    private TimeSpan GetClockOffset() => _timeProvider.GetUtcNow() - DateTimeOffset.UnixEpoch - _timeProvider.GetElapsedTime(0);
}
