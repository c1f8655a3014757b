using System.Diagnostics;
using TunnelRpc.Accounting;
using TunnelRpc.Scheduling;
using TunnelRpc.Sessions;

namespace TunnelRpc.Multiplexing;

/// <summary>
/// Schedules the streams that have frames to send by deficit round robin (Shreedhar and Varghese): in each round a stream may send a
/// quantum of bytes, in any number of frames, and keeps the unused rest up to a bound. A round starts when the backlog has drained, so that
/// a stream of large frames does not fill the send buffer while a stream of small frames still uses its quantum. A small message of a
/// stream that has not sent before is scheduled ahead of the round, as in fq_codel (RFC 8290, section 4.2), so that a small call does not
/// wait for a fragment of each large message. No I/O. Thread-safe.
/// </summary>
/// <param name="capacity">The capacity of the send buffer.</param>
/// <param name="work">The work queue that runs a sender's continuation after a wait.</param>
[DebuggerDisplay("{QueuedCount} senders, round {_roundNumber}, {_grantedBytes} bytes granted and not written")]
internal sealed class SendScheduler(ISendCapacity capacity, WorkQueue work)
{
    /// <summary>The bytes that a stream of weight one may send per round: at least one full frame.</summary>
    public const int Quantum = 16 << 10;

    /// <summary>The bound of the deficit of a stream that sent less than its quanta, in quanta.</summary>
    private const int MaxQuanta = 4;

    /// <summary>
    /// At this number of cancelled senders, or at half of the queued ones, the cancelled senders are removed from the queues.
    /// </summary>
    private const int MinSweepThreshold = 16;

    /// <summary>A message of at most this many bytes, the first of its stream, is scheduled ahead of the round.</summary>
    private const int MaxSmallMessage = 4 << 10;

    /// <summary>After this number of small messages one frame of the round is scheduled, so that they do not starve the others.</summary>
    private const int MaxSmallInSequence = 16;

    // What the queues are until a sender waits: most sessions are idle. Always empty.
    private static readonly Queue<ScheduledSender> NoSenders = new(0);

    private readonly Lock _gate = new();

    // Guarded by _gate: senders with a small first message.
    private Queue<ScheduledSender> _smallSenders = NoSenders;
    private int _smallInSequence;

    // Guarded by _gate. _currentRound: senders with enough deficit, which wait for capacity. _nextRound: senders that wait for the next
    // round.
    private Queue<ScheduledSender> _currentRound = NoSenders;
    private Queue<ScheduledSender> _nextRound = NoSenders;
    private Queue<ScheduledSender> _spareQueue = NoSenders;

    // Guarded by _gate.
    private long _roundNumber;

    // Guarded by _gate: bytes that senders may write now and have not written yet.
    private long _grantedBytes;

    // Guarded by _gate: cancelled senders that are still in a queue; an estimate.
    private int _cancelledCount;

    // Guarded by _gate: set once, when the session ends.
    private TunnelException? _failure;

    // Changed under _gate; read without it, so that GrantWaiters costs nothing while no sender waits.
    private volatile bool _hasWaiters;

    /// <summary>
    /// Waits to be scheduled to write <paramref name="bytes"/>. The caller then writes them and calls <see cref="OnWritten"/>.
    /// </summary>
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

            bool isSmall = bytes <= MaxSmallMessage && !sender.HasSent && sender.Deficit >= bytes;
            wait = sender.BeginWait(bytes);
            if (_smallSenders == NoSenders)
            {
                (_smallSenders, _currentRound, _nextRound, _spareQueue) = (new(), new(), new(), new());
            }

            (isSmall ? _smallSenders : sender.Deficit >= bytes ? _currentRound : _nextRound).Enqueue(sender);
            _hasWaiters = true;
        }

        // Capacity may have become free between the check and the enqueueing, and then no event would wake the sender.
        GrantWaiters();
        return wait;
    }

    /// <summary>
    /// Waits to be scheduled, as <see cref="AcquireAsync"/>, until the wait is cancelled. The message's memory is accounted already.
    /// </summary>
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

    /// <summary>
    /// Waits to be scheduled until the wait is cancelled, for an item whose memory is not accounted yet: it is accounted while the item
    /// waits.
    /// </summary>
    /// <param name="sender">The stream's sender.</param>
    /// <param name="bytes">The bytes to write.</param>
    /// <param name="memory">The session's account.</param>
    /// <param name="bytesInMemory">The bytes to account.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="TunnelException">The session has ended.</exception>
    public async ValueTask AcquireAndLeaseAsync(
        ScheduledSender sender, int bytes, MemoryAccount memory, int bytesInMemory, CancellationToken cancellationToken)
    {
        ValueTask wait = AcquireAsync(sender, bytes);
        if (wait.IsCompletedSuccessfully)
        {
            await wait.ConfigureAwait(false);
            return;
        }

        using MemoryLease lease = memory.Lease(bytesInMemory);
        using (RegisterCancellation(sender, cancellationToken))
        {
            await wait.ConfigureAwait(false);
        }
    }

    private CancellationTokenRegistration RegisterCancellation(ScheduledSender sender, CancellationToken cancellationToken) =>
        cancellationToken.UnsafeRegister(
            static (state, token) =>
            {
                var (scheduler, sender) = ((SendScheduler, ScheduledSender))state!;
                scheduler.Cancel(sender, new OperationCanceledException(token));
            },
            (this, sender));

    /// <summary>Bytes that were granted are in the send buffer now, or will not be written.</summary>
    public void OnWritten(int bytes)
    {
        lock (_gate)
        {
            _grantedBytes -= bytes;
        }

        // Bytes that are not written free capacity, and no write or ACK follows that would wake a sender.
        GrantWaiters();
    }

    /// <summary>Schedules waiting senders while there is capacity. Called when capacity becomes free.</summary>
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
                while (SelectQueue() is { Count: > 0 } queue && capacity.HasCapacity(_grantedBytes))
                {
                    ScheduledSender sender = queue.Dequeue();
                    _smallInSequence = queue == _smallSenders ? _smallInSequence + 1 : 0;
                    if (sender.PendingBytes > 0)
                    {
                        sender.Deficit -= sender.PendingBytes;
                        _grantedBytes += sender.PendingBytes;
                        sender.Grant(work);
                    }
                }
            }
            while (_currentRound.Count == 0 && TryBeginRound());

            _hasWaiters = QueuedCountLocked > 0;
        }
    }

    /// <summary>Fails a wait. No effect if the sender was scheduled already.</summary>
    public void Cancel(ScheduledSender sender, Exception error)
    {
        lock (_gate)
        {
            if (sender.PendingBytes > 0)
            {
                sender.Fail(work, error);

                // Cancelled senders must not accumulate while there is no capacity.
                if (++_cancelledCount > Math.Max(MinSweepThreshold, QueuedCountLocked / 2))
                {
                    _cancelledCount = 0;
                    RemoveCancelled(_smallSenders);
                    RemoveCancelled(_currentRound);
                    RemoveCancelled(_nextRound);
                }
            }
        }
    }

    /// <summary>The senders in the queues, including cancelled ones that are not removed yet.</summary>
    public int QueuedCount
    {
        get
        {
            lock (_gate)
            {
                return QueuedCountLocked;
            }
        }
    }

    // Called under _gate.
    private int QueuedCountLocked => _smallSenders.Count + _currentRound.Count + _nextRound.Count;

    /// <summary>The session has ended: fails all waits, and those that start later.</summary>
    public void Fail(TunnelException error)
    {
        lock (_gate)
        {
            _failure = error;
            if (QueuedCountLocked == 0)
            {
                return;
            }

            foreach (ScheduledSender sender in _smallSenders.Concat(_currentRound).Concat(_nextRound))
            {
                if (sender.PendingBytes > 0)
                {
                    sender.Fail(work, error);
                }
            }

            _smallSenders.Clear();
            _currentRound.Clear();
            _nextRound.Clear();
            _hasWaiters = false;
        }
    }

    /// <summary>The queue that is scheduled next; empty if none has senders. Called under <see cref="_gate"/>.</summary>
    private Queue<ScheduledSender> SelectQueue() =>
        _smallSenders.Count > 0 && (_smallInSequence < MaxSmallInSequence || _currentRound.Count == 0) ? _smallSenders : _currentRound;

    private static void RemoveCancelled(Queue<ScheduledSender> senders)
    {
        for (int remaining = senders.Count; remaining > 0; remaining--)
        {
            ScheduledSender sender = senders.Dequeue();
            if (sender.PendingBytes > 0)
            {
                senders.Enqueue(sender);
            }
        }
    }

    /// <summary>
    /// Starts a round if the backlog has drained: adds the quanta of every sender that waits for it, in order of arrival. One quantum is
    /// enough for any frame, except for a sender of low weight, which may need several rounds.
    /// </summary>
    private bool TryBeginRound()
    {
        if (_nextRound.Count == 0 || !capacity.IsBelowResumeThreshold(_grantedBytes))
        {
            return false;
        }

        _roundNumber++;
        Queue<ScheduledSender> later = _spareQueue;
        while (_nextRound.TryDequeue(out ScheduledSender? sender))
        {
            sender.AddQuanta(_roundNumber, Quantum, MaxQuanta);
            (sender.Deficit >= sender.PendingBytes ? _currentRound : later).Enqueue(sender);
        }

        (_nextRound, _spareQueue) = (later, _nextRound);
        return true;
    }
}
