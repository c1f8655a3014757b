namespace TunnelRpc.Sessions;

/// <summary>
/// Decides once per interval whether to send a PING, and whether the path is dead. A PING sent and a PONG received do not count as traffic,
/// so an idle path is pinged every interval; the peer's PING and this side's PONG do. No I/O. The reader and the pump set the flags, the
/// timer reads them.
/// </summary>
/// <param name="maxUnansweredPings">The path is dead one interval after this many consecutive pings, if none of them is answered.</param>
internal sealed class KeepAlive(int maxUnansweredPings = KeepAlive.DefaultMaxUnansweredPings)
{
    /// <summary>The default at the configured interval. At a shorter interval, more pings fit into the same time.</summary>
    public const int DefaultMaxUnansweredPings = 2;

    private volatile bool _hasReceivedBytes;
    private volatile bool _hasReceivedTraffic;
    private volatile bool _hasSentTraffic;

    // Written by the timer, and by a probe without synchronization: a lost increment delays the decision by one interval. Others read it as
    // a hint.
    private volatile int _unansweredPings;

    /// <summary>Whether a PING was sent and no byte was received after it.</summary>
    public bool IsAwaitingPong => _unansweredPings > 0 && !_hasReceivedBytes;

    /// <summary>Bytes of any kind were received.</summary>
    public void OnBytesReceived() => _hasReceivedBytes = true;

    /// <summary>DATA, ACK or PING was received.</summary>
    public void OnTrafficReceived() => _hasReceivedTraffic = true;

    /// <summary>A record other than PING was sent.</summary>
    public void OnTrafficSent() => _hasSentTraffic = true;

    /// <summary>A PING is sent in addition to those of the interval.</summary>
    public void OnProbeSent()
    {
        _hasReceivedBytes = false;
        _unansweredPings = Math.Max(_unansweredPings, 1);
    }

    /// <summary>An interval has passed; returns the action to take.</summary>
    public KeepAliveAction OnInterval()
    {
        bool hasReceivedBytes = _hasReceivedBytes;
        bool hasTraffic = _hasReceivedTraffic && _hasSentTraffic;
        _hasReceivedBytes = _hasReceivedTraffic = _hasSentTraffic = false;
        if (hasReceivedBytes)
        {
            _unansweredPings = 0;
        }

        if (hasTraffic)
        {
            return KeepAliveAction.None;
        }

        return ++_unansweredPings > maxUnansweredPings ? KeepAliveAction.Disconnect : KeepAliveAction.Ping;
    }
}
