using TunnelRpc.Scheduling;

namespace TunnelRpc.Multiplexing;

// Decision: docs/adr/0004-message-starts-with-any-credit.md
/// <summary>
/// The send window of one stream: the credit that the peer has granted. A message may start while the credit is positive and consumes its
/// whole size, so a message larger than the window passes, and the receiver holds at most the window plus one message. One sender at a
/// time.
/// </summary>
/// <param name="initialCredit">The initial window, in bytes (the peer's limit StreamWindow).</param>
/// <param name="work">The work queue that runs the sender's continuation after a wait.</param>
internal sealed class SendWindow(long initialCredit, WorkQueue work) : QueuedValueTaskSource
{
    /// <summary>No correct receiver grants more than its window: a larger sum is an attack or a defect.</summary>
    private const long MaxCredit = 1L << 40;

    private readonly Lock _gate = new();

    // Changed under _gate, read without it: the size of the peer's window, which grows.
    private long _size = initialCredit;

    // Guarded by _gate; Consume changes it atomically without the gate, and Credit reads it without.
    private long _credit = initialCredit;

    // Used by the sender only: the bytes that were sent since the peer was last notified of a wait.
    private long _unreportedBytes;

    // Guarded by _gate.
    private bool _isWaiting;
    private bool _isClosed;

    // Guarded by _gate: whether the wait is for all credit, and whether Wake has been called since the last such wait.
    private bool _isWaitingForAll;
    private bool _isWoken;

    /// <summary>The bytes that may be sent; a message may start while this is positive.</summary>
    public long Credit => Volatile.Read(ref _credit);

    /// <summary>
    /// Whether the consumer has consumed all items but the eighth of the window for which a receiver does not send credit yet.
    /// </summary>
    public bool HasNearlyAllCredit => Volatile.Read(ref _size) is var size && Credit > size - Math.Max(size / 8, 1);

    /// <summary>Whether the receiver has consumed all that was sent, as far as its credit tells.</summary>
    public bool IsConsumed => Credit >= Volatile.Read(ref _size);

    /// <summary>A message of this size is sent.</summary>
    public void Consume(int bytes)
    {
        _unreportedBytes += bytes;
        Interlocked.Add(ref _credit, -bytes);
    }

    /// <summary>
    /// Whether the peer is to be notified that the sender waits for credit: once for each window that was sent, and only if half of it is
    /// on its way. Otherwise the path is not busy, so the wait is for the consumer. The caller sends BLOCKED.
    /// </summary>
    /// <param name="unacknowledgedBytes">The bytes of the session that the peer has not acknowledged.</param>
    public bool TryReportBlocked(long unacknowledgedBytes)
    {
        long size = Volatile.Read(ref _size);
        if (Credit > 0 || _unreportedBytes < size || unacknowledgedBytes < size / 2)
        {
            return false;
        }

        _unreportedBytes = 0;
        return true;
    }

    /// <summary>
    /// Waits until there is credit or the stream is closed. The wait completes in both cases; the caller finds a closed stream when it
    /// sends.
    /// </summary>
    public ValueTask WaitForCreditAsync()
    {
        lock (_gate)
        {
            if (_credit > 0 || _isClosed)
            {
                return default;
            }

            _isWaiting = true;
            _isWaitingForAll = false;
            return new ValueTask(this, ResetAndGetToken());
        }
    }

    /// <summary>Waits until the receiver has consumed all that was sent, <see cref="Wake"/> is called, or the stream is closed.</summary>
    public ValueTask WaitUntilConsumedAsync()
    {
        lock (_gate)
        {
            if (_credit >= _size || _isClosed || _isWoken)
            {
                _isWoken = false;
                return default;
            }

            _isWaiting = _isWaitingForAll = true;
            return new ValueTask(this, ResetAndGetToken());
        }
    }

    /// <summary>Ends a wait of <see cref="WaitUntilConsumedAsync"/>, or the next one if there is none.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            if (_isWaiting && _isWaitingForAll)
            {
                _isWaiting = false;
                CompleteWait(work);
            }
            else
            {
                _isWoken = true;
            }
        }
    }

    /// <summary>The peer has sent CREDIT. Called by the reader.</summary>
    /// <param name="bytes">The credit.</param>
    /// <param name="enlargesWindow">Whether the peer's window is larger by it; otherwise the peer has consumed as many bytes.</param>
    /// <exception cref="TunnelProtocolException">The credit is 0, or it or the sum exceeds 2^40 bytes.</exception>
    public void AddCredit(ulong bytes, bool enlargesWindow = false)
    {
        if (bytes is 0 or > MaxCredit)
        {
            throw new TunnelProtocolException($"Expected CREDIT of 1 to {MaxCredit} bytes, got {bytes}.");
        }

        lock (_gate)
        {
            if (Interlocked.Add(ref _credit, (long)bytes) > MaxCredit)
            {
                throw new TunnelProtocolException(
                    $"Expected CREDIT that adds up to at most {MaxCredit} bytes, got {bytes} more than that allows.");
            }

            if (enlargesWindow)
            {
                // Consumed bytes do not fall below zero by it, so the size is bounded as the credit is.
                Volatile.Write(ref _size, Math.Min(_size + (long)bytes, MaxCredit));
            }

            if (_isWaitingForAll && _credit < _size)
            {
                // The wait is for the credit of all that was sent.
                return;
            }

            if (_isWaiting && _credit > 0)
            {
                _isWaiting = false;
                CompleteWaitFromReader(work);
            }
        }
    }

    /// <summary>The stream is closed: completes a wait. Idempotent.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            if (_isWaiting)
            {
                _isWaiting = false;
                CompleteWait(work);
            }
        }
    }
}
