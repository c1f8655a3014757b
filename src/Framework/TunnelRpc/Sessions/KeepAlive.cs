namespace TunnelRpc.Sessions;

/// <summary>
/// Decides, once an interval, whether to ping and whether the path is dead. Pings and their answers are no traffic: an idle
/// path is pinged every interval. No I/O; the flags are set by the reader and the writer, and read by the timer.
/// </summary>
/// <param name="maxUnansweredPings">How many pings may stay unanswered, one after the other, without the path being dead.</param>
internal sealed class KeepAlive(int maxUnansweredPings = KeepAlive.DefaultMaxUnansweredPings)
{
    /// <summary>At the interval that was asked for; at a shorter one, as many as fit into the same time.</summary>
    public const int DefaultMaxUnansweredPings = 2;

    private volatile bool _hasReceivedBytes;
    private volatile bool _hasReceivedTraffic;
    private volatile bool _hasSentTraffic;

    // The timer's, and at times a probe's: an increment that is lost costs an interval. Others read it as a hint.
    private volatile int _unansweredPings;

    /// <summary>Whether a ping was sent and nothing has come since.</summary>
    public bool IsAwaitingPong => _unansweredPings > 0 && !_hasReceivedBytes;

    /// <summary>Bytes have come, whatever they are.</summary>
    public void OnBytesReceived() => _hasReceivedBytes = true;

    /// <summary>Something else than the answer to a ping has come.</summary>
    public void OnTrafficReceived() => _hasReceivedTraffic = true;

    /// <summary>Something else than a ping was sent.</summary>
    public void OnTrafficSent() => _hasSentTraffic = true;

    /// <summary>A ping goes out besides those of the intervals.</summary>
    public void OnProbeSent()
    {
        _hasReceivedBytes = false;
        _unansweredPings = Math.Max(_unansweredPings, 1);
    }

    /// <summary>An interval has passed.</summary>
    public KeepAliveAction OnInterval()
    {
        bool heard = _hasReceivedBytes;
        bool busy = _hasReceivedTraffic && _hasSentTraffic;
        _hasReceivedBytes = _hasReceivedTraffic = _hasSentTraffic = false;
        if (heard)
        {
            _unansweredPings = 0;
        }

        if (busy)
        {
            return KeepAliveAction.None;
        }

        return ++_unansweredPings > maxUnansweredPings ? KeepAliveAction.Disconnect : KeepAliveAction.Ping;
    }
}
