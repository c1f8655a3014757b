namespace TunnelRpc.Sessions;

/// <content>The transitions of the path: detached, replaced, ended. Each one happens in one critical section.</content>
internal sealed partial class SessionWriter
{
    /// <summary>A snapshot of the current path's progress.</summary>
    public PathProgress GetPathProgress()
    {
        lock (_gate)
        {
            SendBuffer buffer = _output.SendBuffer;
            return new PathProgress(
                _path.Epoch,
                buffer.AcknowledgedOffset,
                IsAwaitingAck: buffer.UnacknowledgedBytes > 0,
                _path.IsAwaitingPong,
                _path.ReadCount,
                _receiveTracker.ReceivedOffset);
        }
    }

    /// <summary>Whether the session does not write to <paramref name="path"/> (any more).</summary>
    public bool IsDetached(SessionPath path)
    {
        lock (_gate)
        {
            return path != _path || _isPathDetached;
        }
    }

    /// <summary>
    /// Stops the pump on <paramref name="path"/>: no further write starts there. A write in flight may still complete; the path is notified
    /// by <see cref="SessionPath.OnPumpStopped"/> after it, at once if there is none.
    /// </summary>
    /// <returns>False if the path was detached already, or is not the current one.</returns>
    public bool TryDetachPath(SessionPath path)
    {
        lock (_gate)
        {
            if (path != _path || _isPathDetached)
            {
                return false;
            }

            DetachPathLocked();
            return true;
        }
    }

    /// <summary>
    /// Replaces the path. The first write on <paramref name="next"/> starts with START, and retransmits what the peer has not acknowledged.
    /// The caller owns the pump before and after: <paramref name="previous"/> is detached and its pump has stopped.
    /// </summary>
    /// <param name="previous">The path that is replaced.</param>
    /// <param name="next">The path to write to from now on.</param>
    /// <param name="acknowledgedOffset">The offset up to which the peer has received this side's stream, as its handshake states.</param>
    /// <returns>
    /// False if the session has ended, or another path has replaced <paramref name="previous"/>; nothing has changed then.
    /// </returns>
    /// <exception cref="TunnelProtocolException">The offset is beyond what was sent; nothing has changed.</exception>
    public bool TryMigrate(SessionPath previous, SessionPath next, ulong acknowledgedOffset)
    {
        lock (_gate)
        {
            if (_isEnded || _path != previous)
            {
                return false;
            }

            _output.OnMigrated(acknowledgedOffset);
            _inFlightLimit.OnPathChanged(next.SendsBlocks, next.ReceivesBlocks);
            _path = next;
            _isPathDetached = false;
            return true;
        }
    }

    /// <summary>Ends the session's output: nothing is appended, and no write starts any more.</summary>
    /// <param name="sentOffset">The final value of <see cref="SentOffset"/>.</param>
    /// <returns>The current path, which stays the current one.</returns>
    public SessionPath End(out long sentOffset)
    {
        lock (_gate)
        {
            _isEnding = true;
            _isEnded = true;
            sentOffset = _output.SendBuffer.SentOffset;
            DetachPathLocked();
            return _path;
        }
    }

    /// <summary>Releases the send buffer's memory; after <see cref="End"/>, when no write is in flight any more.</summary>
    public void ReleaseBuffer()
    {
        lock (_gate)
        {
            _output.SendBuffer.Release();
        }
    }

    private void DetachPathLocked()
    {
        if (_isPathDetached)
        {
            return;
        }

        _isPathDetached = true;
        if (TryAcquirePumpLocked())
        {
            // No pump runs, so none can notice that the path is detached.
            _path.OnPumpStopped();
        }
    }
}
