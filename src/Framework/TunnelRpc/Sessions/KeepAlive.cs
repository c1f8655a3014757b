namespace TunnelRpc.Sessions;

/// <summary>
/// Decides, once an interval, whether to ping and whether the path is dead. Pings and their answers are no traffic: an idle
/// path is pinged every interval. No I/O; the flags are set by the reader and the writer, and read by the timer.
/// </summary>
/// <param name="maxUnansweredPings">How many pings may stay unanswered, one after the other, without the path being dead.</param>
internal sealed class KeepAlive(int maxUnansweredPings = KeepAlive.MaxUnansweredPings)
{
    /// <summary>At the interval that was asked for; at a shorter one, as many as fit into the same time.</summary>
    public const int MaxUnansweredPings = 2;

    private volatile bool _heard;
    private volatile bool _received;
    private volatile bool _sent;

    // The timer's, and at times a probe's: an increment that is lost costs an interval. Others read it as a hint.
    private volatile int _unansweredPings;

    /// <summary>Whether a ping was sent and nothing has come since.</summary>
    public bool AwaitsPong => _unansweredPings > 0 && !_heard;

    /// <summary>Bytes have come, whatever they are.</summary>
    public void OnHeard() => _heard = true;

    /// <summary>Something else than the answer to a ping has come.</summary>
    public void OnReceived() => _received = true;

    /// <summary>Something else than a ping was sent.</summary>
    public void OnSent() => _sent = true;

    /// <summary>A ping goes out besides those of the intervals.</summary>
    public void OnProbe()
    {
        _heard = false;
        _unansweredPings = Math.Max(_unansweredPings, 1);
    }

    /// <summary>An interval has passed.</summary>
    public KeepAliveAction OnInterval()
    {
        bool heard = _heard;
        bool busy = _received && _sent;
        _heard = _received = _sent = false;
        if (heard)
        {
            _unansweredPings = 0;
        }

        if (busy)
        {
            return KeepAliveAction.None;
        }

        return ++_unansweredPings > maxUnansweredPings ? KeepAliveAction.End : KeepAliveAction.Ping;
    }
}
