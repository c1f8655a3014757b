using TunnelRpc.Transports;

namespace TunnelRpc.Sessions;

/// <summary>
/// Which path carries a session, and how it moves to another: the present one is stopped before the first byte of the
/// next is taken, so there is one reader and one writer at any time; what the peer has not acknowledged is sent again.
/// </summary>
/// <remarks>
/// The session's gate guards the fields. Each path has a higher epoch than those before it, so a late one never replaces a
/// newer one.
/// </remarks>
internal sealed class SessionPaths(TunnelSession session, SessionPath first, TunnelOptions options)
{
    // Changed only by who has the pump, when the path before has stopped: whoever pumps may read it without the gate.
    private SessionPath _current = first;
    private uint _claimedEpoch = first.Epoch;
    private int _moves;
    private Exception? _loss;

    public SessionPath Current => _current;

    /// <summary>How the last path was lost, when that ended the session; set before the session is over.</summary>
    public string? Loss { get; private set; }

    /// <summary>The epoch of the next path that this side asks for.</summary>
    public uint NextEpoch()
    {
        lock (session.Gate)
        {
            return ++_claimedEpoch;
        }
    }

    /// <summary>Whether the peer may open a path of this epoch: each one once, and only upwards.</summary>
    public bool TryClaimEpoch(uint epoch)
    {
        lock (session.Gate)
        {
            if (!session.IsStartedLocked || session.IsEndingLocked || epoch <= _claimedEpoch)
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
        lock (session.Gate)
        {
            _moves++;
            return new SessionMove(this);
        }
    }

    /// <summary>The move is over, by an attached path or without.</summary>
    public void EndMove()
    {
        Exception? loss;
        lock (session.Gate)
        {
            loss = --_moves == 0 ? _loss : null;
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
        var next = new SessionPath(session, connection, input, epoch, options);
        while (true)
        {
            SessionPath? old = Leave(epoch);
            if (old is null)
            {
                await next.DiscardAsync().ConfigureAwait(false);
                return null;
            }

            old.Stop();
            await old.Stopped.ConfigureAwait(false);
            lock (session.Gate)
            {
                if (_current != old)
                {
                    // Another path came in between.
                    continue;
                }

                _current = next;
                _loss = null;
                session.OnMovedLocked(next, connection.Info, acknowledged);
                old.OnReplaced();
            }

            session.StartMoved(next);
            return next;
        }
    }

    /// <summary>A path broke. It ends the session if it is the present one and no other is about to take its place.</summary>
    public void OnLost(SessionPath path, Exception error)
    {
        lock (session.Gate)
        {
            if (path != _current || path.IsDown)
            {
                return;
            }

            if (_moves > 0)
            {
                _loss = error;
                LeaveLocked(path);
            }
        }

        if (path.IsDown)
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
        if (session.TryTakePumpLocked())
        {
            path.OnPumpIdle();
        }
    }

    private SessionPath? Leave(uint epoch)
    {
        lock (session.Gate)
        {
            if (session.IsOverLocked || _current.Epoch >= epoch)
            {
                return null;
            }

            LeaveLocked(_current);
            return _current;
        }
    }

    private void EndBy(Exception loss)
    {
        if (session.IsOver)
        {
            return;
        }

        Loss = loss.Message;
        session.End(loss as TunnelException ?? new TunnelException(TunnelStatus.Unavailable, $"The path to the peer was lost: {loss.Message}", loss));
    }
}
