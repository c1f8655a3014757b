namespace TunnelRpc.Gateway.Polling;

/// <summary>
/// A right that ends when it has not been used for a time. It does not end while it is held. Thread-safe. Disposal ends it without a
/// notification.
/// </summary>
internal sealed class Lease : IDisposable
{
    // Guards all fields. Not held while _expired runs.
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly Action _expired;
    private readonly ITimer _timer;
    private TimeSpan _duration;

    // When the last holder released the lease, or when it was created.
    private long _unusedSince;
    private int _holds;

    // Becomes true once.
    private bool _ended;

    /// <summary>Creates a lease that is not held.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="duration">The time without use after which the lease ends. Zero: it ends when the last holder releases it.</param>
    /// <param name="expired">Called once when the lease ends by itself. Must not throw.</param>
    public Lease(TimeProvider time, TimeSpan duration, Action expired)
    {
        _time = time;
        _duration = duration;
        _expired = expired;
        _unusedSince = time.GetTimestamp();
        _timer = time.CreateTimer(
            static lease => ((Lease)lease!).Check(),
            this,
            duration > TimeSpan.Zero ? duration : Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
    }

    /// <summary>Holds the lease until <see cref="Release"/>. Returns false when it has ended.</summary>
    public bool TryHold()
    {
        lock (_gate)
        {
            _holds += _ended ? 0 : 1;
            return !_ended;
        }
    }

    /// <summary>Ends one hold; the time without use starts at the last one.</summary>
    public void Release()
    {
        lock (_gate)
        {
            if (--_holds == 0)
            {
                _unusedSince = _time.GetTimestamp();
            }
        }

        Check();
    }

    /// <summary>Gives the lease another duration, which starts now. No effect when it has ended.</summary>
    public void Renew(TimeSpan duration)
    {
        lock (_gate)
        {
            _duration = duration;
            _unusedSince = _time.GetTimestamp();
        }

        Check();
    }

    /// <summary>Ends the lease without a notification. Returns false when it had ended before.</summary>
    public bool TryEnd()
    {
        lock (_gate)
        {
            if (_ended)
            {
                return false;
            }

            _ended = true;
        }

        _timer.Dispose();
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => TryEnd();

    // Ends the lease when its time is over, or sets the timer to that time. A timer that fires while the lease is held has no effect: the
    // release sets the next one.
    private void Check()
    {
        lock (_gate)
        {
            if (_ended || _holds > 0)
            {
                return;
            }

            TimeSpan remaining = _duration - _time.GetElapsedTime(_unusedSince);
            if (remaining > TimeSpan.Zero)
            {
                _timer.Change(remaining, Timeout.InfiniteTimeSpan);
                return;
            }

            _ended = true;
        }

        _timer.Dispose();
        _expired();
    }
}
