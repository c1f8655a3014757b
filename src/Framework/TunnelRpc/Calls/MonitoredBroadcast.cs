namespace TunnelRpc.Calls;

// Decision: docs/adr/0067-slow-members-of-broadcasts.md
/// <summary>
/// Calls with replies to the sessions of a broadcast. A session that has acknowledged nothing for the policy's timeout, although bytes were
/// sent to it before, does not read: its call fails, or the session is ended. Thread-safe.
/// </summary>
internal sealed class MonitoredBroadcast : BroadcastRun
{
    private readonly IReadOnlyList<BroadcastMember> _members;
    private readonly TunnelBroadcastPolicy _policy;
    private readonly CancellationTokenSource[] _calls;
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly CallState[] _states;
    private readonly (long Written, long Acknowledged)[] _progress;
    private int _remaining;
    private ITimer? _timer;
    private bool _isDisposed;

    /// <param name="members">The sessions.</param>
    /// <param name="policy">The policy for sessions that do not read.</param>
    /// <param name="timeProvider">The clock of the server.</param>
    /// <param name="cancellationToken">Cancels the calls.</param>
    public MonitoredBroadcast(
        IReadOnlyList<BroadcastMember> members,
        TunnelBroadcastPolicy policy,
        TimeProvider timeProvider,
        CancellationToken cancellationToken)
    {
        _members = members;
        _policy = policy;
        TimeProvider = timeProvider;
        _states = new CallState[members.Count];
        _progress = new (long, long)[members.Count];
        _remaining = members.Count;
        Targets = [.. members.Select(m => new BroadcastTarget(m.SessionId, m.Invoker))];
        _calls = new CancellationTokenSource[members.Count];
        for (int i = 0; i < _calls.Length; i++)
        {
            _calls[i] = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        }
    }

    private enum CallState
    {
        Running = 0,
        Ended,

        /// <summary>Its session does not read.</summary>
        Stalled,
    }

    /// <inheritdoc/>
    public override IReadOnlyList<BroadcastTarget> Targets { get; }

    /// <inheritdoc/>
    public override TimeProvider TimeProvider { get; }

    /// <inheritdoc/>
    public override CancellationToken GetToken(int index) => _calls[index].Token;

    /// <inheritdoc/>
    public override void OnStarted()
    {
        if (_policy.Timeout == Timeout.InfiniteTimeSpan)
        {
            return;
        }

        lock (_gate)
        {
            if (_remaining > 0)
            {
                for (int i = 0; i < _progress.Length; i++)
                {
                    _progress[i] = GetProgress(i);
                }

                _timer = TimeProvider.CreateTimer(_ => CheckProgress(), null, _policy.Timeout, _policy.Timeout);
            }
        }
    }

    /// <inheritdoc/>
    public override Exception? OnEnded(int index, Exception? error)
    {
        lock (_gate)
        {
            if (_states[index] == CallState.Stalled && error is OperationCanceledException)
            {
                error = new TunnelException(
                    TunnelStatus.DeadlineExceeded,
                    $"The session {_members[index].SessionId} has acknowledged nothing for {_policy.Timeout} (BroadcastPolicy), so its "
                    + "client does not read, or has lost its path. The call may have run.",
                    error);
            }

            _states[index] = CallState.Ended;
            if (--_remaining == 0)
            {
                _timer?.Dispose();
            }
        }

        return error;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _timer?.Dispose();
            foreach (CancellationTokenSource call in _calls)
            {
                call.Dispose();
            }
        }
    }

    private void CheckProgress()
    {
        List<TunnelPeer> slow = [];
        lock (_gate)
        {
            for (int i = 0; i < _states.Length && !_isDisposed; i++)
            {
                if (_states[i] != CallState.Running || _members[i].Peer is not { } peer)
                {
                    continue;
                }

                (long written, long acknowledged) = GetProgress(i);
                bool isStalled = acknowledged == _progress[i].Acknowledged && acknowledged < _progress[i].Written;
                _progress[i] = (written, acknowledged);
                if (isStalled && _policy.Kind == TunnelBroadcastPolicyKind.Disconnect)
                {
                    slow.Add(peer);
                }
                else if (isStalled)
                {
                    // Callbacks of the token run on the thread pool.
                    _states[i] = CallState.Stalled;
                    _ = _calls[i].CancelAsync();
                }
            }
        }

        foreach (TunnelPeer peer in slow)
        {
            peer.EndSlowSession(null, _policy);
        }
    }

    private (long Written, long Acknowledged) GetProgress(int index)
    {
        if (_members[index].Peer is not { } peer)
        {
            return default;
        }

        // In this order: bytes that are acknowledged in between do not count as written.
        long acknowledged = peer.Session.Writer.AcknowledgedOffset;
        return (acknowledged + peer.Session.Writer.UnacknowledgedBytes, acknowledged);
    }
}
