using TunnelRpc.Accounting;
using TunnelRpc.Scheduling;
using TunnelRpc.Sessions;

namespace TunnelRpc.Multiplexing;

/// <summary>
/// Deficit round robin over the streams that have fragments to send: in each round a stream may send a quantum of bytes, in
/// however many fragments; what it leaves it keeps, up to a bound. A round begins when the backlog has drained, so a stream
/// of large fragments does not fill the buffer while one of small fragments still uses its share. No I/O; thread-safe.
/// </summary>
/// <param name="capacity">Where the bytes go.</param>
/// <param name="work">Where those go on that have waited.</param>
internal sealed class SendScheduler(ISendCapacity capacity, WorkQueue work)
{
    /// <summary>What a stream may send a round: at least one fragment.</summary>
    public const int Quantum = 16 << 10;

    /// <summary>How many shares a stream that sent less may catch up with, at most.</summary>
    private const int MaxQuanta = 4;

    /// <summary>How many of those who wait may have given up before they are taken out of the queues.</summary>
    private const int MinSweepThreshold = 16;

    private readonly Lock _gate = new();

    // Guarded by _gate. Those who still have a share of this round and wait for room, and those who wait for the next round.
    private readonly Queue<ScheduledSender> _currentRound = new();
    private Queue<ScheduledSender> _nextRound = new();
    private Queue<ScheduledSender> _spareQueue = new();
    private long _roundNumber;
    private long _grantedBytes;
    private int _cancelledCount;
    private TunnelException? _failure;

    // Read without the gate by those who need not grant.
    private volatile bool _hasWaiters;

    /// <summary>Waits for the turn to write <paramref name="bytes"/>; the caller writes them and then calls <see cref="OnWritten"/>.</summary>
    /// <exception cref="TunnelException">The session has ended.</exception>
    public ValueTask AcquireAsync(ScheduledSender sender, int bytes)
    {
        ValueTask wait;
        lock (_gate)
        {
            if (_failure is not null)
            {
                throw _failure;
            }

            sender.AddQuanta(_roundNumber, Quantum, MaxQuanta);
            if (_currentRound.Count == 0)
            {
                while (sender.Deficit < bytes && _nextRound.Count == 0 && capacity.IsBelowResumeThreshold(_grantedBytes))
                {
                    sender.AddQuanta(++_roundNumber, Quantum, MaxQuanta);
                }

                if (sender.Deficit >= bytes && capacity.HasCapacity(_grantedBytes))
                {
                    sender.Deficit -= bytes;
                    _grantedBytes += bytes;
                    return default;
                }
            }

            wait = sender.BeginWait(bytes);
            (sender.Deficit >= bytes ? _currentRound : _nextRound).Enqueue(sender);
            _hasWaiters = true;
        }

        // Room may have come between the look and the queueing; then nobody else would tell.
        GrantWaiters();
        return wait;
    }

    /// <summary>Waits to be scheduled, as <see cref="AcquireAsync"/>, until the wait is cancelled. The message's memory is accounted already.</summary>
    /// <exception cref="TunnelException">The session has ended.</exception>
    public async ValueTask AcquireCancellableAsync(ScheduledSender sender, int bytes, CancellationToken cancellationToken)
    {
        ValueTask wait = AcquireAsync(sender, bytes);
        if (wait.IsCompletedSuccessfully)
        {
            await wait.ConfigureAwait(false);
            return;
        }

        using (RegisterCancellation(sender, cancellationToken))
        {
            await wait.ConfigureAwait(false);
        }
    }

    /// <summary>Waits to be scheduled until the wait is cancelled, for an item whose memory is not accounted yet: it is reserved while the item waits.</summary>
    /// <param name="sender">The stream's sender.</param>
    /// <param name="bytes">The bytes to write.</param>
    /// <param name="memory">The session's account.</param>
    /// <param name="bytesInMemory">The bytes to reserve.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="TunnelException">The session has ended, or the item would have to wait and the limit MaxPendingCallBytes leaves no capacity for it.</exception>
    public async ValueTask AcquireAndReserveAsync(ScheduledSender sender, int bytes, MemoryAccount memory, int bytesInMemory, CancellationToken cancellationToken)
    {
        ValueTask wait = AcquireAsync(sender, bytes);
        if (wait.IsCompletedSuccessfully)
        {
            await wait.ConfigureAwait(false);
            return;
        }

        if (!memory.TryReserveCallBytes(bytesInMemory, out MemoryLease lease))
        {
            // No effect if the sender was scheduled in the meantime.
            Cancel(sender, memory.CreateLimitException("The element would have to wait, and was not sent"));
        }

        using (lease)
        using (RegisterCancellation(sender, cancellationToken))
        {
            await wait.ConfigureAwait(false);
        }
    }

    private CancellationTokenRegistration RegisterCancellation(ScheduledSender sender, CancellationToken cancellationToken) => cancellationToken.UnsafeRegister(
        static (state, token) =>
        {
            var (scheduler, sender) = ((SendScheduler, ScheduledSender))state!;
            scheduler.Cancel(sender, new OperationCanceledException(token));
        },
        (this, sender));

    /// <summary>Bytes that were granted are in the send buffer now, or will never be.</summary>
    public void OnWritten(int bytes)
    {
        lock (_gate)
        {
            _grantedBytes -= bytes;
        }

        // Never written, they make room that no write and no ACK will tell of.
        GrantWaiters();
    }

    /// <summary>Gives turns while there is room.</summary>
    public void GrantWaiters()
    {
        if (!_hasWaiters)
        {
            return;
        }

        lock (_gate)
        {
            do
            {
                while (_currentRound.TryPeek(out ScheduledSender? turn) && capacity.HasCapacity(_grantedBytes))
                {
                    _currentRound.Dequeue();
                    if (turn.PendingBytes > 0)
                    {
                        turn.Deficit -= turn.PendingBytes;
                        _grantedBytes += turn.PendingBytes;
                        turn.Grant(work);
                    }
                }
            }
            while (_currentRound.Count == 0 && TryBeginRound());

            _hasWaiters = _currentRound.Count + _nextRound.Count > 0;
        }
    }

    /// <summary>Gives up a wait; nothing when the turn was given already.</summary>
    public void Cancel(ScheduledSender sender, Exception error)
    {
        lock (_gate)
        {
            if (sender.PendingBytes > 0)
            {
                sender.Fail(work, error);

                // They must not pile up while there is no room.
                if (++_cancelledCount > Math.Max(MinSweepThreshold, (_currentRound.Count + _nextRound.Count) / 2))
                {
                    _cancelledCount = 0;
                    RemoveCancelled(_currentRound);
                    RemoveCancelled(_nextRound);
                }
            }
        }
    }

    /// <summary>Those who wait for a turn, and those who gave up and are not taken out yet.</summary>
    public int QueuedCount
    {
        get
        {
            lock (_gate)
            {
                return _currentRound.Count + _nextRound.Count;
            }
        }
    }

    public void Fail(TunnelException error)
    {
        lock (_gate)
        {
            _failure = error;
            foreach (ScheduledSender turn in _currentRound.Concat(_nextRound))
            {
                if (turn.PendingBytes > 0)
                {
                    turn.Fail(work, error);
                }
            }

            _currentRound.Clear();
            _nextRound.Clear();
            _hasWaiters = false;
        }
    }

    private static void RemoveCancelled(Queue<ScheduledSender> senders)
    {
        for (int left = senders.Count; left > 0; left--)
        {
            ScheduledSender turn = senders.Dequeue();
            if (turn.PendingBytes > 0)
            {
                senders.Enqueue(turn);
            }
        }
    }

    /// <summary>Gives everybody who waits for it the next share, in the order in which they came. One is enough for any fragment, but for those of low weight.</summary>
    private bool TryBeginRound()
    {
        if (_nextRound.Count == 0 || !capacity.IsBelowResumeThreshold(_grantedBytes))
        {
            return false;
        }

        _roundNumber++;
        Queue<ScheduledSender> later = _spareQueue;
        while (_nextRound.TryDequeue(out ScheduledSender? turn))
        {
            turn.AddQuanta(_roundNumber, Quantum, MaxQuanta);
            (turn.Deficit >= turn.PendingBytes ? _currentRound : later).Enqueue(turn);
        }

        (_nextRound, _spareQueue) = (later, _nextRound);
        return true;
    }
}
