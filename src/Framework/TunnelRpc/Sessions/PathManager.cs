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
internal sealed class PathManager
{
    private readonly TunnelSession _session;
    private readonly TunnelOptions _options;

    // Changed only by who has the pump, when the path before has stopped: whoever pumps may read it without the gate.
    private SessionPath _current;
    private uint _claimedEpoch;
    private int _pendingMigrations;

    // How and when the present path was lost; null while it carries the session.
    private Exception? _disconnectError;
    private long _disconnectedTimestamp;
    private ITimer? _resumeWindowTimer;
    private bool _isResumeWindowExpired;
    private TaskCompletionSource _disconnected = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // What is left of the paths before.
    private Task _previousPathsStopped = Task.CompletedTask;

    public PathManager(TunnelSession session, SessionPath first, TunnelOptions options)
    {
        _session = session;
        _options = options;
        _current = first;
        _claimedEpoch = first.Epoch;
        TimeSpan agreed = session.Parameters.Ticket.ResumeWindow;
        ResumeWindow = agreed < options.ResumeWindow ? agreed : options.ResumeWindow;
    }

    public SessionPath Current => _current;

    /// <summary>How long the session outlives its path; zero: it does not.</summary>
    public TimeSpan ResumeWindow { get; }

    /// <summary>How the present path was lost; null while it carries the session. Set before the session is over.</summary>
    public string? DisconnectReason { get; private set; }

    /// <summary>Completes, without an exception, when the present path is lost and another one is waited for, which no move that is under way brings.</summary>
    public Task Disconnected
    {
        get
        {
            lock (_session.Gate)
            {
                return _disconnected.Task;
            }
        }
    }

    /// <summary>For how long the session has had no path; null when it has one.</summary>
    public TimeSpan? DisconnectedDuration
    {
        get
        {
            lock (_session.Gate)
            {
                return _disconnectError is null ? null : _options.TimeProvider.GetElapsedTime(_disconnectedTimestamp);
            }
        }
    }

    /// <summary>The epoch of the next path that this side asks for.</summary>
    public uint ClaimNextEpoch()
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
    public PathMigration BeginMigration()
    {
        lock (_session.Gate)
        {
            _pendingMigrations++;
            return new PathMigration(this);
        }
    }

    /// <summary>The move is over, by an attached path or without.</summary>
    public void EndMigration()
    {
        Exception? loss;
        lock (_session.Gate)
        {
            bool isLost = --_pendingMigrations == 0 && _disconnectError is not null;
            loss = isLost && (_isResumeWindowExpired || _session.IsEndingLocked) ? _disconnectError : null;
            if (isLost)
            {
                _disconnected.TrySetResult();
            }
        }

        if (loss is not null)
        {
            EndSession(loss);
        }
    }

    /// <summary>Moves the session to a path that a handshake has proved. Owns the path, whatever comes of it.</summary>
    /// <param name="connection">The new path.</param>
    /// <param name="receiveBuffer">What has been received behind the handshake.</param>
    /// <param name="epoch">The epoch that the handshake agreed on.</param>
    /// <param name="acknowledgedOffset">How much the peer said in the handshake that it has received; no more than was sent.</param>
    /// <returns>The path; null when the session is over, or on a later path by now.</returns>
    public async Task<SessionPath?> AttachAsync(ITransportConnection connection, ReceiveBuffer receiveBuffer, uint epoch, ulong acknowledgedOffset)
    {
        var next = new SessionPath(_session, connection, receiveBuffer, epoch, _options);
        while (DetachCurrent(epoch) is { } old)
        {
            // Its connection may take its time to close: nothing comes or goes by it any more.
            old.Stop();
            await old.IoStopped.ConfigureAwait(false);
            if (TryReplace(old, next, connection.Info, acknowledgedOffset))
            {
                _session.StartMigratedPath(next);
                return next;
            }
        }

        await next.DiscardAsync().ConfigureAwait(false);
        return null;
    }

    /// <summary>A path broke. Without another one that is about to take its place, and without a resume window, it ends the session.</summary>
    public void OnDisconnected(SessionPath path, Exception error)
    {
        bool waits;
        lock (_session.Gate)
        {
            if (path != _current || path.IsDetached)
            {
                return;
            }

            waits = _pendingMigrations > 0 || (ResumeWindow > TimeSpan.Zero && !_session.IsEndingLocked);
            if (waits)
            {
                SetDisconnectedLocked(path, error);
            }
        }

        if (waits)
        {
            path.Stop();
        }
        else
        {
            EndSession(error);
        }
    }

    /// <summary>No write begins on the path any more. When nobody pumps, the caller has the pump; else the pump sees it and stops.</summary>
    public void DetachLocked(SessionPath path)
    {
        if (path.IsDetached)
        {
            return;
        }

        path.IsDetached = true;
        if (_session.TryAcquirePumpLocked())
        {
            path.OnPumpStopped();
        }
    }

    /// <summary>Waits until nothing of any path is left; when the session is over.</summary>
    public async Task ReleaseAsync()
    {
        ITimer? window;
        Task paths;
        lock (_session.Gate)
        {
            window = _resumeWindowTimer;
            _resumeWindowTimer = null;
            paths = Task.WhenAll(_previousPathsStopped, _current.Stopped);
        }

        if (window is not null)
        {
            await window.DisposeAsync().ConfigureAwait(false);
        }

        await paths.ConfigureAwait(false);
    }

    private void SetDisconnectedLocked(SessionPath path, Exception error)
    {
        _disconnectError = error;
        DisconnectReason = error.Message;
        if (_pendingMigrations == 0)
        {
            _disconnected.TrySetResult();
        }

        _disconnectedTimestamp = _options.TimeProvider.GetTimestamp();
        _isResumeWindowExpired = ResumeWindow == TimeSpan.Zero;
        DetachLocked(path);
        if (!_isResumeWindowExpired)
        {
            _resumeWindowTimer = _options.TimeProvider.CreateTimer(s => OnResumeWindowExpired((Exception)s!), error, ResumeWindow, Timeout.InfiniteTimeSpan);
        }
    }

    private void OnResumeWindowExpired(Exception loss)
    {
        lock (_session.Gate)
        {
            if (_disconnectError != loss)
            {
                // Another path came at the same time.
                return;
            }

            _isResumeWindowExpired = true;
            if (_pendingMigrations > 0)
            {
                // Whoever tries one ends the session if it comes to nothing.
                return;
            }
        }

        EndSession(loss);
    }

    private SessionPath? DetachCurrent(uint epoch)
    {
        lock (_session.Gate)
        {
            if (_session.IsEndedLocked || _current.Epoch >= epoch)
            {
                return null;
            }

            DetachLocked(_current);
            return _current;
        }
    }

    private bool TryReplace(SessionPath old, SessionPath next, TransportConnectionInfo connection, ulong acknowledged)
    {
        lock (_session.Gate)
        {
            if (_current != old || _session.IsEndedLocked)
            {
                // Another path came in between, or the session's end.
                return false;
            }

            _current = next;
            if (_disconnectError is not null)
            {
                _disconnected = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            _disconnectError = null;
            DisconnectReason = null;
            _isResumeWindowExpired = false;
            _resumeWindowTimer?.Dispose();
            _resumeWindowTimer = null;
            _previousPathsStopped = _previousPathsStopped.IsCompleted ? old.Stopped : Task.WhenAll(_previousPathsStopped, old.Stopped);
            _session.OnMigratedLocked(next, connection, acknowledged);
            return true;
        }
    }

    private void EndSession(Exception loss)
    {
        if (_session.IsEnded)
        {
            return;
        }

        DisconnectReason = loss.Message;
        string waited = _isResumeWindowExpired && ResumeWindow > TimeSpan.Zero ? $", and no other one was found within {ResumeWindow} (ResumeWindow)" : "";
        _session.End(waited.Length == 0 && loss is TunnelException told
            ? told
            : new TunnelException(TunnelStatus.Unavailable, $"The path to the peer was lost{waited}: {loss.Message}", loss));
    }
}
