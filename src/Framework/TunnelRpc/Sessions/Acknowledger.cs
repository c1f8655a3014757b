namespace TunnelRpc.Sessions;

/// <summary>
/// Acknowledges received bytes: each write carries an ACK anyway; from 8 KiB unacknowledged bytes, a write is started at once; otherwise
/// at the latest after 25 ms.
/// </summary>
internal sealed class Acknowledger : IAsyncDisposable
{
    /// <summary>
    /// From this number of unacknowledged bytes on, a write is started at once: half a fragment, as the sender has few of them in flight
    /// while small messages are sent, too (<see cref="InFlightLimit"/>).
    /// </summary>
    public const int ImmediateAckBytes = 8 << 10;

    private static readonly TimeSpan MaxAckDelay = TimeSpan.FromMilliseconds(25);

    private readonly TunnelSession _session;
    private readonly ITimer _timer;

    // Exchanged atomically by reader and timer: the timer, which clears it, sees all bytes that were received before it was set.
    private int _timerArmed;

    public Acknowledger(TunnelSession session, TimeProvider timeProvider)
    {
        _session = session;
        _timer = timeProvider.CreateTimer(
            static a => ((Acknowledger)a!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Called by the reader after it has parsed everything that one read returned.</summary>
    public void OnReceiveBufferParsed()
    {
        long unacknowledged = _session.ReceivedUnacknowledgedBytes;
        if (unacknowledged >= ImmediateAckBytes)
        {
            _session.Writer.RequestFlush();
        }
        else if (unacknowledged > 0 && Interlocked.Exchange(ref _timerArmed, 1) == 0)
        {
            // Usually the next write carries the ACK, and the timer finds nothing to do.
            _timer.Change(MaxAckDelay, Timeout.InfiniteTimeSpan);
        }
    }

    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private void OnTimer()
    {
        Interlocked.Exchange(ref _timerArmed, 0);
        if (_session.ReceivedUnacknowledgedBytes > 0)
        {
            _session.Writer.RequestFlush();
        }
    }
}
