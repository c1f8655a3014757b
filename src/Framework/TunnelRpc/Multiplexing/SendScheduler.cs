using TunnelRpc.Accounting;
using TunnelRpc.Scheduling;
using TunnelRpc.Sessions;

namespace TunnelRpc.Multiplexing;

/// <summary>
/// Deficit round robin over the streams that have fragments to send: in each round a stream may send a quantum of bytes, in
/// however many fragments; what it leaves it keeps, up to a bound. A round begins when the backlog has drained, so a stream
/// of large fragments does not fill the buffer while one of small fragments still uses its share. No I/O; thread-safe.
/// </summary>
/// <param name="room">Where the bytes go.</param>
/// <param name="work">Where those go on that have waited.</param>
internal sealed class SendScheduler(ISendRoom room, WorkQueue work)
{
    /// <summary>What a stream may send a round: at least one fragment.</summary>
    public const int Quantum = 16 << 10;

    /// <summary>How many shares a stream that sent less may catch up with, at most.</summary>
    private const int MaxShares = 4;

    /// <summary>How many of those who wait may have given up before they are taken out of the queues.</summary>
    private const int LeastSweep = 16;

    private readonly Lock _gate = new();

    // Guarded by _gate. Those who still have a share of this round and wait for room, and those who wait for the next round.
    private readonly Queue<SendTurn> _waiting = new();
    private Queue<SendTurn> _nextRound = new();
    private Queue<SendTurn> _spare = new();
    private long _round;
    private long _reserved;
    private int _givenUp;
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

            turn.JoinRound(_round, Quantum, MaxShares);
            if (_waiting.Count == 0)
            {
                while (turn.Deficit < bytes && _nextRound.Count == 0 && room.IsDrained(_reserved))
                {
                    turn.JoinRound(++_round, Quantum, MaxShares);
                }

                if (turn.Deficit >= bytes && room.HasRoom(_reserved))
                {
                    turn.Deficit -= bytes;
                    _reserved += bytes;
                    return default;
                }
            }

            wait = turn.Begin(bytes);
            (turn.Deficit >= bytes ? _waiting : _nextRound).Enqueue(turn);
            _anyWaiting = true;
        }

        // Room may have come between the look and the queueing; then nobody else would tell.
        Grant();
        return wait;
    }

    /// <summary>Waits for the turn until it is given up; a message that is not counted anywhere counts while it waits.</summary>
    /// <param name="turn">The turn.</param>
    /// <param name="bytes">How many bytes are to be written.</param>
    /// <param name="memory">What the session holds.</param>
    /// <param name="held">What the message takes in memory; 0 where that is counted already.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TunnelException">The session has ended, or has no room for one more that waits.</exception>
    public async ValueTask TakeAsync(SendTurn turn, int bytes, MemoryAccount memory, int held, CancellationToken cancellationToken)
    {
        ValueTask wait = AcquireAsync(turn, bytes);
        if (wait.IsCompletedSuccessfully)
        {
            await wait.ConfigureAwait(false);
            return;
        }

        if (held > 0 && !memory.HasRoomForCall(held))
        {
            // Unless its turn has come meanwhile.
            Cancel(turn, memory.NoRoom("The element would have to wait, and was not sent"));
        }

        memory.AddForCalls(held);
        try
        {
            using (cancellationToken.UnsafeRegister(
                static (state, token) =>
                {
                    var (scheduler, turn) = ((SendScheduler, SendTurn))state!;
                    scheduler.Cancel(turn, new OperationCanceledException(token));
                },
                (this, turn)))
            {
                await wait.ConfigureAwait(false);
            }
        }
        finally
        {
            memory.AddForCalls(-held);
        }
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
            do
            {
                while (_waiting.TryPeek(out SendTurn? turn) && room.HasRoom(_reserved))
                {
                    _waiting.Dequeue();
                    if (turn.Waiting > 0)
                    {
                        turn.Deficit -= turn.Waiting;
                        _reserved += turn.Waiting;
                        turn.Grant(work);
                    }
                }
            }
            while (_waiting.Count == 0 && TryBeginRound());

            _anyWaiting = _waiting.Count + _nextRound.Count > 0;
        }
    }

    /// <summary>Gives up a wait; nothing when the turn was given already.</summary>
    public void Cancel(SendTurn turn, Exception error)
    {
        lock (_gate)
        {
            if (turn.Waiting > 0)
            {
                turn.Fail(work, error);

                // They must not pile up while there is no room.
                if (++_givenUp > Math.Max(LeastSweep, (_waiting.Count + _nextRound.Count) / 2))
                {
                    _givenUp = 0;
                    RemoveGivenUp(_waiting);
                    RemoveGivenUp(_nextRound);
                }
            }
        }
    }

    /// <summary>Those who wait for a turn, and those who gave up and are not taken out yet.</summary>
    public int Queued
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count + _nextRound.Count;
            }
        }
    }

    public void Fail(TunnelException error)
    {
        lock (_gate)
        {
            _failure = error;
            foreach (SendTurn turn in _waiting.Concat(_nextRound))
            {
                if (turn.Waiting > 0)
                {
                    turn.Fail(work, error);
                }
            }

            _waiting.Clear();
            _nextRound.Clear();
            _anyWaiting = false;
        }
    }

    private static void RemoveGivenUp(Queue<SendTurn> turns)
    {
        for (int left = turns.Count; left > 0; left--)
        {
            SendTurn turn = turns.Dequeue();
            if (turn.Waiting > 0)
            {
                turns.Enqueue(turn);
            }
        }
    }

    /// <summary>Gives everybody who waits for it the next share, in the order in which they came. One is enough for any fragment, but for those of low weight.</summary>
    private bool TryBeginRound()
    {
        if (_nextRound.Count == 0 || !room.IsDrained(_reserved))
        {
            return false;
        }

        _round++;
        Queue<SendTurn> later = _spare;
        while (_nextRound.TryDequeue(out SendTurn? turn))
        {
            turn.JoinRound(_round, Quantum, MaxShares);
            (turn.Deficit >= turn.Waiting ? _waiting : later).Enqueue(turn);
        }

        (_nextRound, _spare) = (later, _nextRound);
        return true;
    }
}
