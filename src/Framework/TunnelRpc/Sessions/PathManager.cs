using System.Diagnostics;
using System.Security.Claims;
using TunnelRpc.Transports;

namespace TunnelRpc.Sessions;

// Decision: docs/adr/0017-migration-by-second-handshake.md
/// <summary>
/// Migrates a session to another path, and decides what the loss of its path means. The current path is stopped before the first byte of
/// the next one is read, so there is one reader and one writer at any time; <see cref="SessionWriter"/> retransmits what the peer has not
/// acknowledged. A session whose path is disconnected waits for another path until its resume window expires. Thread-safe.
/// </summary>
/// <remarks>
/// Every path has a higher epoch than the paths before it, so a path that is late never replaces a newer one. The path itself belongs to
/// the writer, which replaces it in one critical section; the lock of this class is acquired before the writer's.
/// </remarks>
[DebuggerDisplay("{DebuggerDisplay,nq}")]
internal sealed class PathManager
{
    private readonly TunnelSession _session;
    private readonly TunnelOptions _options;
    private readonly Lock _gate = new();

    // Guarded by _gate: the highest epoch that this side has requested, or the peer has claimed.
    private uint _claimedEpoch;

    // Guarded by _gate: migrations that have begun and not ended.
    private int _pendingMigrations;

    // Guarded by _gate: how and when the current path was disconnected; null while it carries the session.
    private Exception? _disconnectError;
    private long _disconnectedTimestamp;

    // Guarded by _gate: runs while the path is disconnected. The flag stays true until another path carries the session.
    private ITimer? _resumeWindowTimer;
    private bool _isResumeWindowExpired;

    // Guarded by _gate: completed while the path is disconnected and no migration is pending.
    private TaskCompletionSource _disconnected = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Guarded by _gate: completes when all paths before the current one have stopped.
    private Task _previousPathsStopped = Task.CompletedTask;

    // Written under _gate, and by EndSession without it; read without it.
    private volatile string? _disconnectReason;

    // Set once, before the session's end, because the path was lost.
    private volatile bool _isLost;

    /// <param name="session">The session; its writer has the first path.</param>
    /// <param name="firstEpoch">The epoch of the first path.</param>
    /// <param name="options">The options of this side.</param>
    public PathManager(TunnelSession session, uint firstEpoch, TunnelOptions options)
    {
        _session = session;
        _options = options;
        _claimedEpoch = firstEpoch;
        TimeSpan agreed = session.Parameters.Ticket.ResumeWindow;
        ResumeWindow = agreed < options.ResumeWindow ? agreed : options.ResumeWindow;
    }

    /// <summary>Whether the session has ended because its path was lost, unless a side had closed it before.</summary>
    public bool IsLost => _isLost;

    /// <summary>The path that carries the session, or the last one if it is disconnected.</summary>
    public SessionPath Current => _session.Writer.CurrentPath;

    /// <summary>
    /// How long the session outlives its path: the smaller of both sides' settings. Zero: the session ends with its path.
    /// </summary>
    public TimeSpan ResumeWindow { get; }

    /// <summary>Why the current path was disconnected; null while it carries the session. Set before the session ends.</summary>
    public string? DisconnectReason => _disconnectReason;

    /// <summary>Completes, without an exception, when the current path is disconnected and no pending migration can replace it.</summary>
    public Task Disconnected
    {
        get
        {
            lock (_gate)
            {
                return _disconnected.Task;
            }
        }
    }

    /// <summary>For how long the session has been without a path; null while it has one.</summary>
    public TimeSpan? DisconnectedDuration
    {
        get
        {
            lock (_gate)
            {
                return _disconnectError is null ? null : _options.TimeProvider.GetElapsedTime(_disconnectedTimestamp);
            }
        }
    }

    private string DebuggerDisplay =>
        $"Epoch {Current.Epoch} ({Current.Transport}), {(_disconnectReason is { } reason ? $"disconnected: {reason}" : "connected")}, "
        + $"{_pendingMigrations} pending migrations";

    /// <summary>Allots the epoch of the next path that this side requests.</summary>
    public uint ClaimNextEpoch()
    {
        lock (_gate)
        {
            return ++_claimedEpoch;
        }
    }

    /// <summary>
    /// Claims the epoch of a path that the peer requests. False if the session is not started, is ending, or has seen this epoch or a
    /// higher one.
    /// </summary>
    public bool TryClaimEpoch(uint epoch)
    {
        lock (_gate)
        {
            if (!_session.IsStarted || _session.IsEnding || epoch <= _claimedEpoch)
            {
                return false;
            }

            _claimedEpoch = epoch;
            return true;
        }
    }

    /// <summary>
    /// Replaces the authentication of the current path's user by a newer one. False, without a change, if the user is another one.
    /// </summary>
    public bool TryReplaceUser(ClaimsPrincipal user, DateTimeOffset? expires)
    {
        lock (_gate)
        {
            SessionParameters parameters = _session.Parameters;
            if (!UserIdentity.AreSame(parameters.Connection.User, user))
            {
                return false;
            }

            _session.OnMigrated(parameters.Connection with { User = user, UserExpires = expires }, parameters.Epoch);
            return true;
        }
    }

    /// <summary>
    /// Begins a migration. Until the result is disposed, the loss of the current path does not end the session, because the peer may have
    /// left that path already. The caller disposes the result once.
    /// </summary>
    public PathMigration BeginMigration()
    {
        lock (_gate)
        {
            _pendingMigrations++;
            return new PathMigration(this);
        }
    }

    /// <summary>Ends a migration, whether it has attached a path or not; called by <see cref="PathMigration.Dispose"/>.</summary>
    public void EndMigration()
    {
        Exception? error;
        lock (_gate)
        {
            bool isDisconnected = --_pendingMigrations == 0 && _disconnectError is not null;
            error = isDisconnected && (_isResumeWindowExpired || _session.IsEnding) ? _disconnectError : null;
            if (isDisconnected)
            {
                _disconnected.TrySetResult();
            }
        }

        if (error is not null)
        {
            EndSession(error);
        }
    }

    /// <summary>Migrates the session to a path whose handshake has succeeded. Owns the connection and the buffer in any case.</summary>
    /// <param name="connection">The new path's connection.</param>
    /// <param name="receiveBuffer">Bytes received after the handshake.</param>
    /// <param name="epoch">The epoch that the handshake agreed on.</param>
    /// <param name="acknowledgedOffset">How much the peer has received, as its handshake states; at most what was sent.</param>
    /// <returns>The path; null if the session has ended, or is on a path with the same or a higher epoch.</returns>
    public async Task<SessionPath?> AttachAsync(
        ITransportConnection connection, ReceiveBuffer receiveBuffer, uint epoch, ulong acknowledgedOffset)
    {
        var next = new SessionPath(_session, connection, receiveBuffer, epoch, _options);
        while (DetachCurrent(epoch) is { } previous)
        {
            // Waits for reads and writes only: the connection may take its time to close.
            previous.Stop();
            await previous.IoStopped.ConfigureAwait(false);
            if (TryReplace(previous, next, connection.Info, acknowledgedOffset))
            {
                next.Start();
                _session.Writer.Flush(inline: false);
                return next;
            }
        }

        await next.DiscardAsync().ConfigureAwait(false);
        return null;
    }

    /// <summary>
    /// A path is disconnected. The session ends if no migration is pending and it has no resume window, or it is ending. Nothing happens if
    /// the session has left the path already.
    /// </summary>
    public void OnDisconnected(SessionPath path, Exception error)
    {
        bool isWaiting;
        lock (_gate)
        {
            if (_session.Writer.IsDetached(path))
            {
                return;
            }

            isWaiting = _pendingMigrations > 0 || (ResumeWindow > TimeSpan.Zero && !_session.IsEnding);
            if (isWaiting)
            {
                if (!_session.Writer.TryDetachPath(path))
                {
                    // The session has ended concurrently.
                    return;
                }

                SetDisconnectedLocked(error);
            }
        }

        if (isWaiting)
        {
            path.Stop();
        }
        else
        {
            EndSession(error);
        }
    }

    /// <summary>Completes when all paths have stopped and released their connections; called after the session's end.</summary>
    public async Task ReleaseAsync()
    {
        ITimer? timer;
        Task paths;
        lock (_gate)
        {
            timer = _resumeWindowTimer;
            _resumeWindowTimer = null;
            paths = Task.WhenAll(_previousPathsStopped, Current.Stopped);
        }

        if (timer is not null)
        {
            await timer.DisposeAsync().ConfigureAwait(false);
        }

        await paths.ConfigureAwait(false);
    }

    private void SetDisconnectedLocked(Exception error)
    {
        _disconnectError = error;
        _disconnectReason = error.Message;
        if (_pendingMigrations == 0)
        {
            _disconnected.TrySetResult();
        }

        _disconnectedTimestamp = _options.TimeProvider.GetTimestamp();
        _isResumeWindowExpired = ResumeWindow == TimeSpan.Zero;
        if (!_isResumeWindowExpired)
        {
            _resumeWindowTimer = _options.TimeProvider.CreateTimer(
                e => OnResumeWindowExpired((Exception)e!), error, ResumeWindow, Timeout.InfiniteTimeSpan);
        }
    }

    private void OnResumeWindowExpired(Exception error)
    {
        lock (_gate)
        {
            if (_disconnectError != error)
            {
                // Another path was attached concurrently.
                return;
            }

            _isResumeWindowExpired = true;
            if (_pendingMigrations > 0)
            {
                // EndMigration ends the session if the migration attaches no path.
                return;
            }
        }

        EndSession(error);
    }

    /// <summary>Stops writing to the current path, and returns it; null if a path with this epoch must not replace it.</summary>
    private SessionPath? DetachCurrent(uint epoch)
    {
        lock (_gate)
        {
            SessionPath current = Current;
            if (_session.Writer.IsEnded || current.Epoch >= epoch)
            {
                return null;
            }

            // It is detached already if it was disconnected, or another migration waits for it.
            _session.Writer.TryDetachPath(current);
            return current;
        }
    }

    private bool TryReplace(SessionPath previous, SessionPath next, TransportConnectionInfo connection, ulong acknowledgedOffset)
    {
        lock (_gate)
        {
            if (!_session.Writer.TryMigrate(previous, next, acknowledgedOffset))
            {
                return false;
            }

            if (_disconnectError is not null)
            {
                next.ReplacesLostPath = true;
                _disconnected = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            _disconnectError = null;
            _disconnectReason = null;
            _isResumeWindowExpired = false;
            _resumeWindowTimer?.Dispose();
            _resumeWindowTimer = null;
            _previousPathsStopped = _previousPathsStopped.IsCompleted
                ? previous.Stopped
                : Task.WhenAll(_previousPathsStopped, previous.Stopped);
            _session.OnMigrated(connection, next.Epoch);
            return true;
        }
    }

    private void EndSession(Exception error)
    {
        if (_session.IsEnded)
        {
            return;
        }

        _disconnectReason = error.Message;
        _isLost = true;
        string circumstance = $"The path was lost before the peer had answered CLOSE: {error.Message}";
        if (_session.ClosingHandshake.CreateOwnCloseError(circumstance) is { } closed)
        {
            _session.End(closed);
            return;
        }

        string expiry = _isResumeWindowExpired && ResumeWindow > TimeSpan.Zero
            ? $", and no other one was found within {ResumeWindow} (ResumeWindow)"
            : "";
        _session.End(expiry.Length == 0 && error is TunnelException exception
            ? exception
            : new TunnelException(TunnelStatus.Unavailable, $"The path to the peer was lost{expiry}: {error.Message}", error));
    }
}
