namespace TunnelRpc.Multiplexing;

/// <summary>
/// Deficit round robin over the streams that have fragments to send, so that none starves another and small calls find the
/// send buffer nearly empty. No I/O: <paramref name="hasRoom"/> tells, for a number of bytes granted and not yet written,
/// whether more may be granted.
/// </summary>
internal sealed class SendScheduler(Func<long, bool> hasRoom)
{
    /// <summary>What a stream may send a round: one fragment, or as many small ones as make it up.</summary>
    private const int Quantum = 16 << 10;

    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly Queue<SendTurn> _waiting = new();
    private long _reserved;
    private TunnelException? _failure;

    // Read without the gate by those who need not grant.
    private volatile bool _anyWaiting;

    /// <summary>Waits for the turn to write <paramref name="bytes"/>; the caller writes them and then calls <see cref="Written"/>.</summary>
    /// <exception cref="TunnelException">The session has ended.</exception>
    public ValueTask AcquireAsync(SendTurn turn, int bytes)
    {
        ValueTask wait;
        lock (_gate)
        {
            if (_failure is not null)
            {
                throw _failure;
            }

            bool room = hasRoom(_reserved);
            if (room && _waiting.Count == 0)
            {
                _reserved += bytes;
                turn.Deficit = 0;
                return default;
            }

            if (room && turn.Deficit >= bytes)
            {
                turn.Deficit -= bytes;
                _reserved += bytes;
                return default;
            }

            wait = turn.Begin(bytes);
            _waiting.Enqueue(turn);
            _anyWaiting = true;
        }

        // Room may have come between the look and the queueing; then nobody else would tell.
        Grant();
        return wait;
    }

    /// <summary>Bytes that were granted are in the send buffer now, or will never be.</summary>
    public void Written(int bytes)
    {
        lock (_gate)
        {
            _reserved -= bytes;
        }

        // Never written, they make room that no write and no ACK will tell of.
        Grant();
    }

    /// <summary>Gives turns while there is room.</summary>
    public void Grant()
    {
        if (!_anyWaiting)
        {
            return;
        }

        lock (_gate)
        {
            while (_waiting.TryPeek(out SendTurn? turn) && hasRoom(_reserved))
            {
                _waiting.Dequeue();
                if (turn.Waiting == 0)
                {
                    continue;
                }

                turn.Deficit = Math.Min(turn.Deficit + Quantum, 2 * Quantum);
                if (turn.Deficit < turn.Waiting)
                {
                    _waiting.Enqueue(turn);
                    continue;
                }

                turn.Deficit -= turn.Waiting;
                _reserved += turn.Waiting;
                turn.Grant();
            }

            _anyWaiting = _waiting.Count > 0;
        }
    }

    /// <summary>Gives up a wait; nothing when the turn was given already.</summary>
    public void Cancel(SendTurn turn, Exception error)
    {
        lock (_gate)
        {
            if (turn.Waiting > 0)
            {
                turn.Fail(error);
            }
        }
    }

    public void Fail(TunnelException error)
    {
        lock (_gate)
        {
            _failure = error;
            while (_waiting.TryDequeue(out SendTurn? turn))
            {
                if (turn.Waiting > 0)
                {
                    turn.Fail(error);
                }
            }

            _anyWaiting = false;
        }
    }
}
