using System.Diagnostics;

namespace TunnelRpc.Sessions;

// Decision: docs/adr/0057-in-flight-limit.md
/// <summary>
/// The unacknowledged bytes up to which stream items and large messages are appended to the send buffer. A small message waits for
/// everything that was appended before it, so the limit is what the path needs to be busy, and little more: the bytes that the peer
/// acknowledges in one round trip without a queue, plus <see cref="QueuedBytes"/> (as in FAST TCP and TCP Vegas). Small messages are not
/// subject to it.
/// </summary>
/// <remarks>
/// Guarded by the lock of <see cref="SessionWriter"/>; <see cref="Bytes"/> is also read without it. One acknowledgement at a time is timed,
/// and only while large messages are sent.
/// </remarks>
/// <param name="maxBytes">The largest limit: MaxUnacknowledgedBytes.</param>
/// <param name="timeProvider">The clock.</param>
[DebuggerDisplay("{Bytes} bytes, round trip without a queue {_minRoundTrip} ticks")]
internal sealed class InFlightLimit(long maxBytes, TimeProvider timeProvider)
{
    /// <summary>
    /// The smallest limit, unless MaxUnacknowledgedBytes is smaller. The peer acknowledges at least every 64 KiB: one such piece is on its
    /// way while the next one is appended.
    /// </summary>
    public const int MinBytes = 128 << 10;

    /// <summary>
    /// The bytes that may be queued on the path, or at the peer. By half as much the limit grows in a round trip without a queue.
    /// </summary>
    public const int QueuedBytes = 128 << 10;

    /// <summary>
    /// From this number of sent bytes on, the peer acknowledges at once (<see cref="Acknowledger"/>). The acknowledgement of fewer bytes
    /// may be delayed, which says nothing about the path.
    /// </summary>
    private const int MinTimedBytes = 64 << 10;

    /// <summary>
    /// After this time without a shorter round trip, the shortest one is measured again at the smallest limit: the path may have changed,
    /// and longer round trips cannot be told from a queue otherwise (as in BBR).
    /// </summary>
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(10);

    // Read without the lock.
    private long _bytes = Math.Min(MinBytes, maxBytes);
    private long _effectiveBytes = Math.Min(MinBytes, maxBytes);

    // The offset whose acknowledgement is timed; 0 for none. And when it was sent.
    private long _timedOffset;
    private long _timedTimestamp;

    // The shortest round trip of the path, in ticks of the clock; 0 before the first one. And when it was measured.
    private long _minRoundTrip;
    private long _minRoundTripTimestamp;
    private bool _isProbing;

    /// <summary>The limit. A hint if it is read without the lock.</summary>
    public long Bytes => Volatile.Read(ref _effectiveBytes);

    /// <summary>Bytes are passed to the path.</summary>
    /// <param name="endOffset">The offset after them.</param>
    /// <param name="inFlightBytes">The bytes that are sent and not acknowledged, these included.</param>
    public void OnSending(long endOffset, long inFlightBytes)
    {
        if (_timedOffset == 0 && inFlightBytes >= MinTimedBytes && (!_isProbing || inFlightBytes <= MinBytes))
        {
            _timedOffset = endOffset;
            _timedTimestamp = timeProvider.GetTimestamp();
        }
    }

    /// <summary>The peer has acknowledged bytes.</summary>
    /// <param name="offset">The offset below which everything has arrived.</param>
    /// <param name="inFlightBytes">The bytes that were sent and not acknowledged before.</param>
    /// <param name="unacknowledgedBytes">The bytes that were appended and not acknowledged before.</param>
    public void OnAcknowledged(long offset, long inFlightBytes, long unacknowledgedBytes)
    {
        if (_timedOffset == 0 || offset < _timedOffset)
        {
            return;
        }

        _timedOffset = 0;
        long now = timeProvider.GetTimestamp();
        long roundTrip = Math.Max(now - _timedTimestamp, 1);
        bool isDelayed = inFlightBytes < MinTimedBytes;
        if (_isProbing)
        {
            _isProbing = false;
            _minRoundTripTimestamp = now;
            _minRoundTrip = isDelayed ? _minRoundTrip : roundTrip;
        }
        else if (!isDelayed)
        {
            if (_minRoundTrip == 0 || roundTrip <= _minRoundTrip)
            {
                _minRoundTrip = roundTrip;
                _minRoundTripTimestamp = now;
            }

            // Otherwise the application had less to send than the limit allows, and nothing is known about a larger one.
            if (unacknowledgedBytes >= _bytes / 2)
            {
                double target = ((double)_minRoundTrip / roundTrip * _bytes) + QueuedBytes;
                _bytes = (long)Math.Min(Math.Max((_bytes + target) / 2, MinBytes), maxBytes);
            }

            _isProbing = timeProvider.GetElapsedTime(_minRoundTripTimestamp, now) > ProbeInterval;
        }

        Volatile.Write(ref _effectiveBytes, Math.Min(_isProbing ? MinBytes : _bytes, maxBytes));
    }

    /// <summary>The session continues on another path, of which nothing is known.</summary>
    public void OnMigrated()
    {
        _timedOffset = 0;
        _minRoundTrip = 0;
        _isProbing = false;
        _bytes = Math.Min(MinBytes, maxBytes);
        Volatile.Write(ref _effectiveBytes, _bytes);
    }
}
