namespace TunnelRpc.Calls;

/// <summary>
/// The deadline of one incoming call, if it has one. Started before the call's work is queued, or later by its work item; one at a time.
/// </summary>
internal struct IncomingCallDeadline
{
    private ITimer? _timer;

    /// <summary>Whether the call has, or had, a deadline.</summary>
    public readonly bool IsSet => _timer is not null;

    /// <summary>The time that the call was given, for messages.</summary>
    public TimeSpan Timeout { get; private set; }

    /// <summary>The deadline, in timestamps of the clock; 0 for none.</summary>
    public long Timestamp { get; private set; }

    /// <summary>Sets the deadline. It replaces the one before, the timer of which is disposed.</summary>
    /// <param name="clock">The clock.</param>
    /// <param name="timeout">The time from now until the deadline.</param>
    /// <param name="onExceeded">Called with <paramref name="state"/>, on a thread of the timer.</param>
    /// <param name="state">The call.</param>
    public void Start(TimeProvider clock, TimeSpan timeout, TimerCallback onExceeded, object state)
    {
        _timer?.Dispose();
        Timestamp = clock.GetTimestamp() + (long)(timeout.TotalSeconds * clock.TimestampFrequency);
        Timeout = timeout;
        _timer = clock.CreateTimer(onExceeded, state, timeout, System.Threading.Timeout.InfiniteTimeSpan);
    }

    /// <summary>Disposes the timer; after that, its callback does not run.</summary>
    public readonly ValueTask DisposeTimerAsync() => _timer?.DisposeAsync() ?? default;
}
