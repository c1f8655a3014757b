namespace TunnelRpc.Sessions;

/// <summary>Sees to it that what was read is acknowledged: with the next write, at once when it is much, else soon.</summary>
internal sealed class Acknowledger : IAsyncDisposable
{
    private const int ImmediateAckBytes = 64 << 10;
    private static readonly TimeSpan MaxAckDelay = TimeSpan.FromMilliseconds(25);

    private readonly TunnelSession _session;
    private readonly ITimer _timer;

    // Exchanged by reader and timer: whoever clears it sees what was received before it was set.
    private int _timerArmed;

    public Acknowledger(TunnelSession session, TimeProvider timeProvider)
    {
        _session = session;
        _timer = timeProvider.CreateTimer(static a => ((Acknowledger)a!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>By the reader, behind everything that it has read at once.</summary>
    public void OnReceiveBufferParsed()
    {
        long unacknowledged = _session.ReceivedUnacknowledgedBytes;
        if (unacknowledged >= ImmediateAckBytes)
        {
            _session.RequestFlush();
        }
        else if (unacknowledged > 0 && Interlocked.Exchange(ref _timerArmed, 1) == 0)
        {
            // Usually the next write takes the ACK along, and the timer finds nothing to do.
            _timer.Change(MaxAckDelay, Timeout.InfiniteTimeSpan);
        }
    }

    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private void OnTimer()
    {
        Interlocked.Exchange(ref _timerArmed, 0);
        if (_session.ReceivedUnacknowledgedBytes > 0)
        {
            _session.RequestFlush();
        }
    }
}
