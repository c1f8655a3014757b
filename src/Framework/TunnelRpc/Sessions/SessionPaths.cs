using TunnelRpc.Transports;

namespace TunnelRpc.Sessions;

/// <summary>
/// Which path carries a session, and how it moves to another: the present one is stopped before the first byte of the
/// next is taken, so there is one reader and one writer at any time; what the peer has not acknowledged is sent again.
/// A session whose path is lost waits for another one as long as its resume window is open.
/// </summary>
/// <remarks>
/// The session's gate guards the fields. Each path has a higher epoch than those before it, so a late one never replaces a
/// newer one.
/// </remarks>
internal sealed class SessionPaths
{
    private readonly TunnelSession _session;
    private readonly TunnelOptions _options;

    // Changed only by who has the pump, when the path before has stopped: whoever pumps may read it without the gate.
    private SessionPath _current;
    private uint _claimedEpoch;
    private int _moves;

    // How and when the present path was lost; null while it carries the session.
    private Exception? _loss;
    private long _lostAt;
    private ITimer? _window;
    private bool _isWindowOver;
    private TaskCompletionSource _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // What is left of the paths before.
    private Task _retired = Task.CompletedTask;

    public SessionPaths(TunnelSession session, SessionPath first, TunnelOptions options)
    {
        _session = session;
        _options = options;
        _current = first;
        _claimedEpoch = first.Epoch;
        TimeSpan agreed = session.Info.Ticket.ResumeWindow;
        ResumeWindow = agreed < options.ResumeWindow ? agreed : options.ResumeWindow;
    }

    public SessionPath Current => _current;

    /// <summary>How long the session outlives its path; zero: it does not.</summary>
    public TimeSpan ResumeWindow { get; }

    /// <summary>How the present path was lost; null while it carries the session. Set before the session is over.</summary>
    public string? Loss { get; private set; }

    /// <summary>Completes, without an exception, when the present path is lost and another one is waited for, which no move that is under way brings.</summary>
    public Task Lost
    {
        get
        {
            lock (_session.Gate)
            {
                return _lost.Task;
            }
        }
    }

    /// <summary>For how long the session has had no path; null when it has one.</summary>
    public TimeSpan? LostFor
    {
        get
        {
            lock (_session.Gate)
            {
                return _loss is null ? null : _options.TimeProvider.GetElapsedTime(_lostAt);
            }
        }
    }

    /// <summary>The epoch of the next path that this side asks for.</summary>
    public uint NextEpoch()
    {
        lock (_session.Gate)
        {
            return ++_claimedEpoch;
        }
    }

    /// <summary>Whether the peer may open a path of this epoch: each one once, and only upwards.</summary>
    public bool TryClaimEpoch(uint epoch)
    {
        lock (_session.Gate)
        {
            if (!_session.IsStartedLocked || _session.IsEndingLocked || epoch <= _claimedEpoch)
            {
                return false;
            }

            _claimedEpoch = epoch;
            return true;
        }
    }

    /// <summary>
    /// A move begins: until the result is disposed, the loss of the present path ends nothing, since the other side may have
    /// left it already.
    /// </summary>
    public SessionMove BeginMove()
    {
        lock (_session.Gate)
        {
            _moves++;
            return new SessionMove(this);
        }
    }

    /// <summary>The move is over, by an attached path or without.</summary>
    public void EndMove()
    {
        Exception? loss;
        lock (_session.Gate)
        {
            bool isLost = --_moves == 0 && _loss is not null;
            loss = isLost && (_isWindowOver || _session.IsEndingLocked) ? _loss : null;
            if (isLost)
            {
                _lost.TrySetResult();
            }
        }

        if (loss is not null)
        {
            EndBy(loss);
        }
    }

    /// <summary>Moves the session to a path that a handshake has proved. Owns the path, whatever comes of it.</summary>
    /// <param name="connection">The new path.</param>
    /// <param name="input">What has been received behind the handshake.</param>
    /// <param name="epoch">The epoch that the handshake agreed on.</param>
    /// <param name="acknowledged">How much the peer said in the handshake that it has received; no more than was sent.</param>
    /// <returns>The path; null when the session is over, or on a later path by now.</returns>
    public async Task<SessionPath?> AttachAsync(ITransportConnection connection, RecordInput input, uint epoch, ulong acknowledged)
    {
        var next = new SessionPath(_session, connection, input, epoch, _options);
        while (Leave(epoch) is { } old)
        {
            // Its connection may take its time to close: nothing comes or goes by it any more.
            old.Stop();
            await old.Quiet.ConfigureAwait(false);
            if (TryReplace(old, next, connection.Info, acknowledged))
            {
                _session.StartMoved(next);
                return next;
            }
        }

        await next.DiscardAsync().ConfigureAwait(false);
        return null;
    }

    /// <summary>A path broke. Without another one that is about to take its place, and without a resume window, it ends the session.</summary>
    public void OnLost(SessionPath path, Exception error)
    {
        bool waits;
        lock (_session.Gate)
        {
            if (path != _current || path.IsDown)
            {
                return;
            }

            waits = _moves > 0 || (ResumeWindow > TimeSpan.Zero && !_session.IsEndingLocked);
            if (waits)
            {
                LoseLocked(path, error);
            }
        }

        if (waits)
        {
            path.Stop();
        }
        else
        {
            EndBy(error);
        }
    }

    /// <summary>No write begins on the path any more. When nobody pumps, the caller has the pump; else the pump sees it and stops.</summary>
    public void LeaveLocked(SessionPath path)
    {
        if (path.IsDown)
        {
            return;
        }

        path.IsDown = true;
        if (_session.TryTakePumpLocked())
        {
            path.OnPumpIdle();
        }
    }

    /// <summary>Waits until nothing of any path is left; when the session is over.</summary>
    public async Task ReleaseAsync()
    {
        ITimer? window;
        Task paths;
        lock (_session.Gate)
        {
            window = _window;
            _window = null;
            paths = Task.WhenAll(_retired, _current.Stopped);
        }

        if (window is not null)
        {
            await window.DisposeAsync().ConfigureAwait(false);
        }

        await paths.ConfigureAwait(false);
    }

    private void LoseLocked(SessionPath path, Exception error)
    {
        _loss = error;
        Loss = error.Message;
        if (_moves == 0)
        {
            _lost.TrySetResult();
        }

        _lostAt = _options.TimeProvider.GetTimestamp();
        _isWindowOver = ResumeWindow == TimeSpan.Zero;
        LeaveLocked(path);
        if (!_isWindowOver)
        {
            _window = _options.TimeProvider.CreateTimer(s => OnWindowOver((Exception)s!), error, ResumeWindow, Timeout.InfiniteTimeSpan);
        }
    }

    private void OnWindowOver(Exception loss)
    {
        lock (_session.Gate)
        {
            if (_loss != loss)
            {
                // Another path came at the same time.
                return;
            }

            _isWindowOver = true;
            if (_moves > 0)
            {
                // Whoever tries one ends the session if it comes to nothing.
                return;
            }
        }

        EndBy(loss);
    }

    private SessionPath? Leave(uint epoch)
    {
        lock (_session.Gate)
        {
            if (_session.IsOverLocked || _current.Epoch >= epoch)
            {
                return null;
            }

            LeaveLocked(_current);
            return _current;
        }
    }

    private bool TryReplace(SessionPath old, SessionPath next, TransportConnectionInfo connection, ulong acknowledged)
    {
        lock (_session.Gate)
        {
            if (_current != old || _session.IsOverLocked)
            {
                // Another path came in between, or the session's end.
                return false;
            }

            _current = next;
            if (_loss is not null)
            {
                _lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            _loss = null;
            Loss = null;
            _isWindowOver = false;
            _window?.Dispose();
            _window = null;
            _retired = _retired.IsCompleted ? old.Stopped : Task.WhenAll(_retired, old.Stopped);
            _session.OnMovedLocked(next, connection, acknowledged);
            return true;
        }
    }

    private void EndBy(Exception loss)
    {
        if (_session.IsOver)
        {
            return;
        }

        Loss = loss.Message;
        string waited = _isWindowOver && ResumeWindow > TimeSpan.Zero ? $", and no other one was found within {ResumeWindow} (ResumeWindow)" : "";
        _session.End(waited.Length == 0 && loss is TunnelException told
            ? told
            : new TunnelException(TunnelStatus.Unavailable, $"The path to the peer was lost{waited}: {loss.Message}", loss));
    }
}
