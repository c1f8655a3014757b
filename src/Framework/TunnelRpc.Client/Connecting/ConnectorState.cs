using TunnelRpc.Scheduling;

namespace TunnelRpc.Client.Connecting;

/// <summary>
/// The state machine of a <see cref="Connector"/>: whether a session is wanted, what is in progress, and when the next connect attempt is
/// due. Performs no I/O and reads no clock. Events go in by the On… methods; <see cref="Decide"/> returns the decision that follows from
/// them. Not thread-safe: the connector calls it under its lock.
/// </summary>
/// <remarks>
/// <code>
/// Waiting    ── wanted and due: OnAttemptStarted ─────▶ Attempting
/// Attempting ── OnAttemptFailed, OnAttemptCancelled ──▶ Waiting
/// Attempting ── OnAttemptSucceeded ───────────────────▶ Connected
/// Connected  ── OnSessionReplaced ────────────────────▶ Waiting
/// </code>
/// Times (<c>now</c>) are relative to one fixed start, for instance to the creation of the connector, and never decrease.
/// </remarks>
/// <param name="options">The client's options. Only the settings are read, not the clock.</param>
internal sealed class ConnectorState(TunnelClientOptions options)
{
    private readonly Backoff _backoff = new(options.ReconnectDelay, options.MaxReconnectDelay, options.Random);

    // What is wanted: the number of callers that wait for a session, whether a session is wanted without them, and whether the next attempt
    // skips its delay. The last one is reset when the attempt starts.
    private int _waiterCount;
    private bool _keepsConnected;
    private bool _skipsDelay;

    // What is in progress.
    private Phase _phase;

    // When the next attempt is due, in phase Waiting.
    private TimeSpan _nextAttemptAt;

    // When the current session was opened, in phase Connected; how many sessions in a row ended before MaxReconnectDelay had passed.
    private TimeSpan _connectedAt;
    private int _shortLivedSessionCount;

    private enum Phase
    {
        /// <summary>No session, no attempt.</summary>
        Waiting,

        /// <summary>A connect attempt is in progress.</summary>
        Attempting,

        /// <summary>The session accepts new calls.</summary>
        Connected,
    }

    private bool IsSessionWanted => _waiterCount > 0 || _keepsConnected;

    /// <summary>Returns what to do at <paramref name="now"/>. Changes nothing.</summary>
    public ConnectorDecision Decide(TimeSpan now)
    {
        switch (_phase)
        {
            case Phase.Attempting:
                return new ConnectorDecision(IsSessionWanted ? ConnectorAction.ContinueAttempt : ConnectorAction.CancelAttempt);

            case Phase.Connected:
                return new ConnectorDecision(ConnectorAction.KeepSession);

            default:
                if (!IsSessionWanted)
                {
                    return new ConnectorDecision(ConnectorAction.WaitForDemand);
                }

                // Timers count whole milliseconds. Rounding up avoids a loop of waits of zero milliseconds.
                TimeSpan delay = GetRemainingDelay(now);
                return delay <= TimeSpan.Zero
                    ? new ConnectorDecision(ConnectorAction.StartAttempt)
                    : new ConnectorDecision(ConnectorAction.WaitForDelay, TimeSpan.FromMilliseconds(Math.Ceiling(delay.TotalMilliseconds)));
        }
    }

    /// <summary>A caller starts to wait for a session. Each caller is removed by <see cref="OnWaiterRemoved"/>.</summary>
    /// <param name="now">The current time.</param>
    /// <param name="skipDelay">Whether the caller wants an attempt at once, although the next one is due later.</param>
    public void OnWaiterAdded(TimeSpan now, bool skipDelay)
    {
        _waiterCount++;

        // A caller whose timeout ends before the next attempt is due gets an attempt now. An attempt in progress serves the caller as well.
        _skipsDelay |= _phase != Phase.Attempting && (skipDelay || GetRemainingDelay(now) > options.ConnectTimeout);
    }

    /// <summary>A caller has its session, failed, or was cancelled.</summary>
    public void OnWaiterRemoved() => _waiterCount--;

    /// <summary>From now on a session is wanted without any caller that waits for it.</summary>
    public void OnKeepConnected() => _keepsConnected = true;

    /// <summary>The attempt of the decision <see cref="ConnectorAction.StartAttempt"/> starts.</summary>
    public void OnAttemptStarted()
    {
        _phase = Phase.Attempting;
        _skipsDelay = false;
    }

    /// <summary>
    /// The attempt opened a session. With <see cref="TunnelClientOptions.StayConnected"/>, a session is wanted from now on.
    /// </summary>
    public void OnAttemptSucceeded(TimeSpan now)
    {
        _phase = Phase.Connected;
        _connectedAt = now;
        _nextAttemptAt = now;
        _keepsConnected |= options.StayConnected;
    }

    /// <summary>The attempt failed. Returns the delay until the next attempt.</summary>
    /// <param name="now">The current time.</param>
    /// <param name="retryAfter">
    /// The least delay that the server asked for; zero when it asked for none. <see cref="TunnelClientOptions.MaxReconnectDelay"/> limits
    /// it: anyone on the network path can send such a response.
    /// </param>
    public TimeSpan OnAttemptFailed(TimeSpan now, TimeSpan retryAfter)
    {
        TimeSpan delay = _backoff.NextDelay();
        retryAfter = retryAfter < options.MaxReconnectDelay ? retryAfter : options.MaxReconnectDelay;
        delay = retryAfter > delay ? retryAfter : delay;
        _phase = Phase.Waiting;
        _nextAttemptAt = now + delay;
        return delay;
    }

    /// <summary>The attempt was cancelled without a result. The next attempt is due when it was due before.</summary>
    public void OnAttemptCancelled() => _phase = Phase.Waiting;

    /// <summary>
    /// The session drains or has ended: the next session may be opened. The first session that ends early is replaced at once; further ones
    /// in a row are replaced after a delay, so that a server that ends each session at once does not get one attempt after the other.
    /// </summary>
    public void OnSessionReplaced(TimeSpan now)
    {
        if (now - _connectedAt >= options.MaxReconnectDelay)
        {
            _shortLivedSessionCount = 0;
            _backoff.Reset();
        }

        _phase = Phase.Waiting;
        _nextAttemptAt = _shortLivedSessionCount++ == 0 ? now : now + _backoff.NextDelay();
    }

    /// <inheritdoc/>
    public override string ToString() => $"{_phase}, {_waiterCount} waiting, keeps connected: {_keepsConnected}";

    private TimeSpan GetRemainingDelay(TimeSpan now) => _skipsDelay ? TimeSpan.Zero : _nextAttemptAt - now;
}
