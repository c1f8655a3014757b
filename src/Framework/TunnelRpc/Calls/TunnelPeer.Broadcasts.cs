namespace TunnelRpc.Calls;

// The one-way broadcasts to the peer.
internal sealed partial class TunnelPeer
{
    // Set once, by the first broadcast; most sessions get none.
    private BroadcastQueue? _broadcasts;

    /// <summary>The limits of <see cref="Broadcasts"/>.</summary>
    public BroadcastLimits BroadcastLimits { get; init; }

    /// <summary>The one-way broadcasts to the peer.</summary>
    public BroadcastQueue Broadcasts
    {
        get
        {
            if (Volatile.Read(ref _broadcasts) is { } existing)
            {
                return existing;
            }

            var created = new BroadcastQueue(this, BroadcastLimits);
            return Interlocked.CompareExchange(ref _broadcasts, created, null) ?? created;
        }
    }

    /// <summary>Logs broadcasts that the peer does not get. Called at most once a minute.</summary>
    public void OnBroadcastsDropped(int count) => CallLog.BroadcastsDropped(_logger, count, Parameters.Id);

    /// <summary>Ends the session, because the peer does not take broadcasts. No effect if it is ending already.</summary>
    /// <param name="method">The method of the broadcast; null if it is one with a reply.</param>
    /// <param name="policy">The policy of the broadcast.</param>
    public void EndSlowSession(TunnelMethod? method, TunnelBroadcastPolicy policy)
    {
        var reason = new TunnelException(
            TunnelStatus.ResourceExhausted,
            $"The client did not take {method?.FullName ?? "a broadcast"} within {policy.Timeout} (TunnelBroadcastPolicy.Disconnect), so "
            + "the server ended the session.");
        if (_session.TryAbort(reason))
        {
            CallMetrics.OnSlowSessionEnded();
            CallLog.SlowSessionEnded(_logger, Parameters.Id, policy.Timeout);
        }
    }

    /// <summary>The session has ended, so that calls that wait fail. Completes, without an exception, when all have.</summary>
    private Task WaitForBroadcastsAsync() => Volatile.Read(ref _broadcasts)?.WaitUntilIdleAsync() ?? Task.CompletedTask;
}
