using System.Diagnostics;
using TunnelRpc.Transports;

namespace TunnelRpc.Sessions;

// Decision: docs/adr/0057-in-flight-limit.md
/// <summary>
/// Limits the unacknowledged bytes of stream items and of large messages (bulk bytes). A small message waits for everything that was
/// appended before it, so the limit is what the path needs to be busy, and little more: the bytes that the peer acknowledges in one round
/// trip without a queue, plus <see cref="MinBytes"/> (as in FAST TCP and TCP Vegas), or <see cref="SharedBytes"/> while small messages are
/// sent, too. It doubles in each round trip until there is a queue. Small messages are not subject to it, and do not count: they wait at
/// <see cref="UnacknowledgedBytes"/>, as everything does.
/// </summary>
/// <remarks>
/// Guarded by the lock of <see cref="SessionWriter"/>; <see cref="Bytes"/> and <see cref="HasCapacity"/> are also read without it. One
/// acknowledgement at a time is timed, and only while much is sent.
/// </remarks>
/// <param name="limits">MaxUnacknowledgedBytes is the largest limit.</param>
/// <param name="timeProvider">The clock.</param>
[DebuggerDisplay("{BulkBytes} of {Bytes} bytes, round trip without a queue {_minRoundTrip} ticks")]
internal sealed class InFlightLimit(TunnelLimits limits, TimeProvider timeProvider)
{
    /// <summary>
    /// The smallest limit, unless MaxUnacknowledgedBytes is smaller, and the bytes that may be queued on the path or at the peer: the limit
    /// grows by half as much in a round trip without a queue.
    /// </summary>
    public const int MinBytes = 256 << 10;

    /// <summary>
    /// The unacknowledged bytes of all kinds at which writers wait until the path has turned out to need more, unless
    /// MaxUnacknowledgedBytes is smaller.
    /// </summary>
    public const int MinUnacknowledgedBytes = 1 << 20;

    /// <summary>
    /// While a round trip is at most this many times the shortest one, there is no queue, and the limit doubles in it until there was one
    /// (as in the slow start of TCP).
    /// </summary>
    private const double MaxRoundTripWithoutQueue = 1.25;

    /// <summary>
    /// The same while the path is shared with small messages, which wait for the queue, if its round trip is short: one fragment is on its
    /// way while the next one is appended.
    /// </summary>
    public const int MinSharedBytes = 24 << 10;

    /// <summary>
    /// The same on a path that needs more to be busy: its round trip is longer, or it sends blocks. Some blocks have a short round trip,
    /// since their exchange is open already; most wait for the next exchange.
    /// </summary>
    public const int MaxSharedBytes = 64 << 10;

    /// <summary>
    /// Between the two, as many bytes as a fast path moves in the shortest round trip: then the queue of bulk bytes delays a small message
    /// by about as much as the path does.
    /// </summary>
    private const int SharedBytesPerMicrosecond = 512;

    /// <summary>
    /// From this number of sent bytes on, the peer acknowledges at once (<see cref="Acknowledger"/>). The acknowledgement of fewer bytes
    /// may be delayed, which says nothing about the path.
    /// </summary>
    private const int MinTimedBytes = Acknowledger.ImmediateAckBytes;

    /// <summary>
    /// After this time without a shorter round trip, the shortest one is measured again at the smallest limit: the path may have changed,
    /// and longer round trips cannot be distinguished from a queue otherwise (as in BBR).
    /// </summary>
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(10);

    /// <summary>How often it is decided whether small messages are sent.</summary>
    private static readonly TimeSpan ShareInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>With so many small messages in that time, the path is shared with them. A call that opens a stream is not enough.</summary>
    private const int MinSharingMessages = 4;

    // Facts about the path: see the parameters of OnPathChanged.
    private bool _sendsBlocks;
    private bool _receivesBlocks;

    // What the path needs. And the same, or the smallest limit while that is probed, which is also read without the lock.
    private long _bytes = MinBytes;
    private long _currentBytes = MinBytes;

    // The largest value of _bytes, which is also read without the lock. Never falls, also on another path: bytes that were appended below
    // it may be unacknowledged.
    private long _largestBytes = MinBytes;

    // Whether the limit doubles: there was no queue on this path since the shortest round trip was measured.
    private bool _isStarting = true;

    // The bulk bytes that were ever appended, and those that are acknowledged. Read without the lock.
    private long _appendedBulkBytes;
    private long _acknowledgedBulkBytes;

    // How many bulk bytes precede an offset, for offsets that are not acknowledged, in ascending order. Created with the first.
    private Queue<(long Offset, long BulkBytes)>? _marks;
    private long _markedBulkBytes;

    // The offset whose acknowledgement is timed; 0 for none. And when it was sent.
    private long _timedOffset;
    private long _timedTimestamp;

    // The shortest round trip of the path, in ticks of the clock; 0 before the first one. And when it was measured.
    private long _minRoundTrip;
    private long _minRoundTripTimestamp;
    private bool _isProbing;

    // The small messages that were appended since the last decision about them, and when that was.
    private int _smallMessages;
    private long _shareTimestamp;
    private bool _isShared;

    private int MinCurrentBytes => _isShared ? SharedBytes : MinBytes;

    /// <summary>
    /// The time in which an acknowledgement arrives if there is no queue. One that travels in a block waits for the block before it, for up
    /// to a round trip. While small messages share the path, that wait counts as a queue.
    /// </summary>
    private long RoundTripWithoutQueue => _receivesBlocks && !_isShared ? 2 * _minRoundTrip : _minRoundTrip;

    private int SharedBytes => _minRoundTrip == 0 || _sendsBlocks
        ? MaxSharedBytes
        : (int)Math.Clamp(
            timeProvider.GetElapsedTime(0, _minRoundTrip).TotalMicroseconds * SharedBytesPerMicrosecond, MinSharedBytes, MaxSharedBytes);

    /// <summary>The limit. A hint if it is read without the lock.</summary>
    public long Bytes => Math.Min(Volatile.Read(ref _currentBytes), limits.MaxUnacknowledgedBytes);

    /// <summary>
    /// The unacknowledged bytes of all kinds at which writers wait: twice the largest limit so far, so that small messages do not wait for
    /// bulk bytes. Only grows. A hint if it is read without the lock.
    /// </summary>
    public long UnacknowledgedBytes =>
        Math.Min(Math.Max(2 * Volatile.Read(ref _largestBytes), MinUnacknowledgedBytes), limits.MaxUnacknowledgedBytes);

    /// <summary>The bulk bytes that are appended and not acknowledged. A hint if it is read without the lock.</summary>
    public long BulkBytes => Volatile.Read(ref _appendedBulkBytes) - Volatile.Read(ref _acknowledgedBulkBytes);

    /// <summary>Whether bulk bytes may be appended. A hint if it is read without the lock.</summary>
    /// <param name="unacknowledgedBytes">
    /// The bytes of all kinds that are appended and not acknowledged. While a write is acknowledged only in part, its bulk bytes all count;
    /// but there are never more than these. Otherwise the sender would wait for the rest, which the peer may acknowledge late.
    /// </param>
    /// <param name="reservedBytes">Bytes that may be appended already and are not.</param>
    public bool HasCapacity(long unacknowledgedBytes, long reservedBytes) =>
        Math.Min(BulkBytes, unacknowledgedBytes) + reservedBytes < Bytes;

    /// <summary>Bulk bytes are appended to the send buffer.</summary>
    public void OnBulkAppended(int count) => Volatile.Write(ref _appendedBulkBytes, _appendedBulkBytes + count);

    /// <summary>A call or reply that is not a large message is appended to the send buffer.</summary>
    public void OnSmallAppended() => _smallMessages++;

    /// <summary>Bytes are passed to the path.</summary>
    /// <param name="endOffset">The offset after them.</param>
    /// <param name="inFlightBytes">The bytes that are sent and not acknowledged, these included.</param>
    /// <param name="isAll">Whether these are the last bytes that were appended.</param>
    public void OnSending(long endOffset, long inFlightBytes, bool isAll)
    {
        if (isAll && _markedBulkBytes != _appendedBulkBytes)
        {
            _markedBulkBytes = _appendedBulkBytes;
            (_marks ??= new()).Enqueue((endOffset, _appendedBulkBytes));
        }

        // The shortest round trip is measured while little more than the smallest limit is in flight.
        if (_timedOffset == 0 && inFlightBytes >= MinTimedBytes && (!_isProbing || BulkBytes <= MinCurrentBytes + (MinCurrentBytes / 2)))
        {
            _timedOffset = endOffset;
            _timedTimestamp = timeProvider.GetTimestamp();
        }
    }

    /// <summary>The peer has acknowledged bytes.</summary>
    /// <param name="offset">The offset below which everything has arrived.</param>
    /// <param name="inFlightBytes">The bytes that were sent and not acknowledged before.</param>
    public void OnAcknowledged(long offset, long inFlightBytes)
    {
        long bulkBytes = BulkBytes;
        while (_marks is not null && _marks.TryPeek(out (long Offset, long BulkBytes) mark) && mark.Offset <= offset)
        {
            Volatile.Write(ref _acknowledgedBulkBytes, mark.BulkBytes);
            _marks.Dequeue();
        }

        if (_timedOffset == 0 || offset < _timedOffset)
        {
            return;
        }

        _timedOffset = 0;
        long now = timeProvider.GetTimestamp();
        long roundTrip = Math.Max(now - _timedTimestamp, 1);
        bool isDelayed = inFlightBytes < MinTimedBytes;
        UpdateShare(now);
        if (_isProbing)
        {
            _isProbing = false;
            _minRoundTripTimestamp = now;
            _minRoundTrip = isDelayed ? _minRoundTrip : roundTrip;
            _isStarting = true;
        }
        else if (!isDelayed)
        {
            if (_minRoundTrip == 0 || roundTrip <= _minRoundTrip)
            {
                _minRoundTrip = roundTrip;
                _minRoundTripTimestamp = now;
            }

            // Otherwise the application had less to send than the limit allows, and nothing is known about a larger one.
            if (bulkBytes >= _bytes / 2)
            {
                long expected = RoundTripWithoutQueue;
                _isStarting &= roundTrip <= expected * MaxRoundTripWithoutQueue;
                double target = ((double)expected / Math.Max(roundTrip, expected) * _bytes) + MinCurrentBytes;
                _bytes = (long)Math.Min(_isStarting ? 2 * _bytes : (_bytes + target) / 2, limits.MaxUnacknowledgedBytes);
            }

            _isProbing = timeProvider.GetElapsedTime(_minRoundTripTimestamp, now) > ProbeInterval;
        }

        _bytes = Math.Max(_bytes, MinCurrentBytes);
        Volatile.Write(ref _largestBytes, Math.Max(_largestBytes, _bytes));
        Volatile.Write(ref _currentBytes, _isProbing ? MinCurrentBytes : _bytes);
    }

    private void UpdateShare(long now)
    {
        if (timeProvider.GetElapsedTime(_shareTimestamp, now) >= ShareInterval)
        {
            _isShared = _smallMessages >= MinSharingMessages;
            _smallMessages = 0;
            _shareTimestamp = now;
        }
    }

    /// <summary>The session starts or continues on a path of whose round trip nothing is known.</summary>
    /// <param name="sendsBlocks">Whether it sends blocks (<see cref="TransportConnectionInfo.SendsBlocks"/>).</param>
    /// <param name="receivesBlocks">Whether the peer does (<see cref="TransportConnectionInfo.ReceivesBlocks"/>).</param>
    public void OnPathChanged(bool sendsBlocks, bool receivesBlocks)
    {
        (_sendsBlocks, _receivesBlocks) = (sendsBlocks, receivesBlocks);

        // The unacknowledged bytes are sent again, and marked then.
        _marks?.Clear();
        _markedBulkBytes = _acknowledgedBulkBytes;
        _timedOffset = 0;
        _minRoundTrip = 0;
        _isProbing = false;
        _isStarting = true;
        _bytes = MinBytes;
        Volatile.Write(ref _currentBytes, MinBytes);
    }
}
