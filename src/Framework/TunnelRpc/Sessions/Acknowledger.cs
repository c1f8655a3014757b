namespace TunnelRpc.Sessions;

/// <summary>Sees to it that what was read is acknowledged: with the next write, at once when it is much, else soon.</summary>
internal sealed class Acknowledger : IAsyncDisposable
{
    private const int Threshold = 64 << 10;
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(25);

    private readonly TunnelSession _session;
    private readonly ITimer _timer;

    // Exchanged by reader and timer: whoever clears it sees what was received before it was set.
    private int _armed;

    public Acknowledger(TunnelSession session, TimeProvider timeProvider)
    {
        _session = session;
        _timer = timeProvider.CreateTimer(static a => ((Acknowledger)a!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>By the reader, behind everything that it has read at once.</summary>
    public void OnRead()
    {
        long unacknowledged = _session.Unacknowledged;
        if (unacknowledged >= Threshold)
        {
            _session.RequestFlush();
        }
        else if (unacknowledged > 0 && Interlocked.Exchange(ref _armed, 1) == 0)
        {
            // Usually the next write takes the ACK along, and the timer finds nothing to do.
            _timer.Change(Delay, Timeout.InfiniteTimeSpan);
        }
    }

    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private void OnTimer()
    {
        Interlocked.Exchange(ref _armed, 0);
        if (_session.Unacknowledged > 0)
        {
            _session.RequestFlush();
        }
    }
}
