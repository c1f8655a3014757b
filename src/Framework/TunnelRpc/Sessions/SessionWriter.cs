using System.Buffers;
using TunnelRpc.Accounting;
using TunnelRpc.Scheduling;

namespace TunnelRpc.Sessions;

// Decision: docs/adr/0035-session-writer.md
/// <summary>
/// The sending side of a session: the send buffer, the control records that are due, the write pump, and the path that the pump writes to.
/// The layer above appends frames to the send buffer; the pump turns buffered bytes into DATA records. Thread-safe.
/// </summary>
/// <remarks>
/// <para>
/// One lock, private to this class, guards all of it. It is held for as long as a copy into the send buffer takes, never across I/O. Lock
/// order: the lock of <see cref="PathManager"/>, then the writer's, then the locks that an <see cref="IFrameAppender"/> takes.
/// </para>
/// <para>
/// The pump is the exclusive right to write to the path, and to replace the path. It has one owner, or none while there is nothing to send:
/// </para>
/// <list type="bullet">
/// <item>From construction until <see cref="Flush"/> in <see cref="TunnelSession.Start"/>, the session owns the pump: nothing may be
/// written before the last record of the handshake.</item>
/// <item>A caller that has to flush owns the pump and passes it to the path with <see cref="Flush"/>. The path returns it when
/// <see cref="TryTakeWrite"/> finds nothing to send.</item>
/// <item>After <see cref="TryDetachPath"/>, the migration owns the pump as soon as the path has signalled
/// <see cref="SessionPath.OnPumpStopped"/>. <see cref="TryMigrate"/> keeps it; <see cref="Flush"/> passes it to the next path.</item>
/// <item>After <see cref="End"/>, the pump is never released again: nothing is written any more.</item>
/// </list>
/// <para>
/// START, ACK, PING, PONG and CLOSE do not pass through the send buffer: they need no capacity. CLOSE follows the bytes that are buffered.
/// </para>
/// </remarks>
internal sealed partial class SessionWriter : ISendCapacity
{
    /// <summary>
    /// Unsent bytes from which stream items and large messages wait to be scheduled, so that a small call does not queue after them.
    /// </summary>
    private const int UnsentPauseThresholdBytes = 64 << 10;

    private readonly Lock _gate = new();
    private readonly WorkQueue _workQueue;
    private readonly ReceiveTracker _receiveTracker;
    private readonly TunnelOptions _options;

    // Guarded by _gate. Properties of its send buffer and control records that are documented as hints are also read without it.
    private readonly SessionOutput _output;

    // Guarded by _gate; the limit itself is also read without it.
    private readonly InFlightLimit _inFlightLimit;

    // Changed under _gate by TryMigrate, whose caller owns the pump. The owner of the pump reads it without the lock.
    private SessionPath _path;

    // Guarded by _gate: no write to _path starts any more. Stays true after the session's end.
    private bool _isPathDetached;

    // Guarded by _gate: the pump has an owner.
    private bool _isPumpAcquired = true;

    // Set under _gate, read without it. _isEnded implies _isEnding and _isPathDetached.
    private volatile bool _isEnding;
    private volatile bool _isEnded;

    /// <param name="firstPath">The session's first path.</param>
    /// <param name="memory">Accounts for the segments of the send buffer.</param>
    /// <param name="workQueue">The session's work queue; the pump runs there unless it runs inline.</param>
    /// <param name="receiveTracker">The received offset, which each write acknowledges.</param>
    /// <param name="options">The options of this side; the limit MaxUnacknowledgedBytes is read at each use.</param>
    public SessionWriter(
        SessionPath firstPath, MemoryAccount memory, WorkQueue workQueue, ReceiveTracker receiveTracker, TunnelOptions options)
    {
        _path = firstPath;
        _workQueue = workQueue;
        _receiveTracker = receiveTracker;
        _options = options;
        _output = new SessionOutput(memory);
        _inFlightLimit = new InFlightLimit(options.Limits, options.TimeProvider);
        _inFlightLimit.OnPathChanged(firstPath.SendsBlocks, firstPath.ReceivesBlocks);
    }

    /// <summary>The path that the session writes to, or the last one if it is disconnected.</summary>
    public SessionPath CurrentPath => Volatile.Read(ref _path);

    /// <summary>Whether the session accepts no more bytes: it has ended, or its CLOSE is requested. Never reset.</summary>
    public bool IsEnding => _isEnding;

    /// <summary>Whether <see cref="End"/> was called. Never reset.</summary>
    public bool IsEnded => _isEnded;

    /// <summary>Bytes appended and not yet passed to the current path. A hint, read without the lock.</summary>
    public long UnsentBytes => _output.SendBuffer.UnsentBytes;

    /// <summary>Bytes appended and not yet acknowledged by the peer. A hint, read without the lock.</summary>
    public long UnacknowledgedBytes => _output.SendBuffer.UnacknowledgedBytes;

    /// <summary>The offset after the bytes that the peer has acknowledged; it only grows. A hint, read without the lock.</summary>
    public long AcknowledgedOffset => _output.SendBuffer.AcknowledgedOffset;

    /// <summary>
    /// Whether a small message can be appended now without exceeding <see cref="UnacknowledgedLimit"/>. A hint.
    /// </summary>
    public bool HasUnacknowledgedCapacity => UnacknowledgedBytes < UnacknowledgedLimit;

    /// <inheritdoc cref="InFlightLimit.UnacknowledgedBytes"/>
    public long UnacknowledgedLimit => _inFlightLimit.UnacknowledgedBytes;

    /// <summary>The offset of the last ACK that was sent; it only grows.</summary>
    public long SentAckOffset => _output.ControlRecords.SentAckOffset;

    /// <summary>The highest offset of this side's stream that was ever passed to a path.</summary>
    public long SentOffset
    {
        get
        {
            lock (_gate)
            {
                return _output.SendBuffer.SentOffset;
            }
        }
    }

    public bool HasCapacity(long reservedBytes) =>
        UnsentBytes + reservedBytes < UnsentPauseThresholdBytes
        && UnacknowledgedBytes + reservedBytes < UnacknowledgedLimit
        && _inFlightLimit.HasCapacity(UnacknowledgedBytes, reservedBytes);

    public bool IsBelowResumeThreshold(long reservedBytes) =>
        UnsentBytes + reservedBytes < UnsentPauseThresholdBytes / 2
        && UnacknowledgedBytes + reservedBytes < UnacknowledgedLimit
        && _inFlightLimit.HasCapacity(UnacknowledgedBytes, reservedBytes);

    /// <summary>Appends one frame to the session's stream.</summary>
    /// <param name="header">The frame's header.</param>
    /// <param name="body">The frame's body.</param>
    /// <param name="mustFlush">Whether the caller now owns the pump and has to call <see cref="Flush"/>.</param>
    /// <param name="traffic">What the frame belongs to (<see cref="InFlightLimit"/>).</param>
    /// <returns>False if the session is ending; nothing is appended then.</returns>
    public bool TryAppend(
        ReadOnlySpan<byte> header, ReadOnlySpan<byte> body, out bool mustFlush, FrameTraffic traffic = FrameTraffic.Control)
    {
        lock (_gate)
        {
            bool isAppended = TryAppendLocked(header, body, traffic);
            mustFlush = isAppended && TryAcquirePumpLocked();
            return isAppended;
        }
    }

    /// <summary>Runs <paramref name="appender"/> under the writer's lock.</summary>
    /// <returns>Whether the caller now owns the pump and has to call <see cref="Flush"/>.</returns>
    public bool Append<TAppender>(scoped ref TAppender appender)
        where TAppender : struct, IFrameAppender, allows ref struct
    {
        lock (_gate)
        {
            long before = _output.SendBuffer.WrittenOffset;
            appender.Append(new AppendScope(this));
            return _output.SendBuffer.WrittenOffset != before && TryAcquirePumpLocked();
        }
    }

    /// <summary>
    /// Starts the pump on the current path; only the pump's owner calls it. Inline, the pump runs on the calling thread, which is fastest
    /// for a single message. Otherwise it runs after the work items that the session's queue holds already, so that their messages share
    /// the write.
    /// </summary>
    public void Flush(bool inline)
    {
        // The path cannot be replaced in the meantime: a migration waits until the pump has stopped.
        SessionPath path = _path;
        if (inline)
        {
            path.Pump();
        }
        else
        {
            _workQueue.EnqueueWrite(path, mayYield: true);
        }
    }

    /// <summary>Starts the pump if it has no owner, so that it sends an ACK that is due.</summary>
    public void RequestFlush()
    {
        bool mustFlush;
        lock (_gate)
        {
            mustFlush = TryAcquirePumpLocked();
        }

        FlushIf(mustFlush);
    }

    /// <summary>Sends a PING.</summary>
    public void SendPing()
    {
        bool mustFlush;
        lock (_gate)
        {
            _output.ControlRecords.RequestPing();
            mustFlush = TryAcquirePumpLocked();
        }

        FlushIf(mustFlush);
    }

    /// <summary>Answers a PING. Of several that wait for the same write, only the last one is answered.</summary>
    public void SendPong(ulong nonce)
    {
        bool mustFlush;
        lock (_gate)
        {
            _output.ControlRecords.RequestPong(nonce);
            mustFlush = TryAcquirePumpLocked();
        }

        FlushIf(mustFlush);
    }

    /// <summary>Sends CLOSE after everything that was appended before. Only the first request counts.</summary>
    public void SendClose(CloseMessage close)
    {
        bool mustFlush;
        lock (_gate)
        {
            _isEnding = true;
            _output.RequestClose(close);
            mustFlush = TryAcquirePumpLocked();
        }

        FlushIf(mustFlush);
    }

    /// <summary>
    /// Requests CLOSE for a session that ends at once, if the pump is free: then nothing precedes CLOSE in the next write.
    /// </summary>
    /// <param name="close">The CLOSE record.</param>
    /// <param name="mustFlush">Whether CLOSE is requested, and the caller owns the pump and has to call <see cref="Flush"/>.</param>
    /// <returns>False if the session is ending already.</returns>
    public bool TryAbort(CloseMessage close, out bool mustFlush)
    {
        lock (_gate)
        {
            if (_isEnding)
            {
                mustFlush = false;
                return false;
            }

            // If the pump has an owner, a write is in flight or about to start: CLOSE would wait until the peer reads. If not, everything
            // is sent.
            mustFlush = TryAcquirePumpLocked();
            if (mustFlush)
            {
                _isEnding = true;
                _output.RequestClose(close);
            }

            return true;
        }
    }

    /// <summary>The peer has received everything below <paramref name="offset"/>. An offset below an earlier one changes nothing.</summary>
    /// <exception cref="TunnelProtocolException">The offset is beyond what was sent.</exception>
    public void Acknowledge(ulong offset)
    {
        lock (_gate)
        {
            SendBuffer buffer = _output.SendBuffer;
            long inFlightBytes = buffer.NextSendOffset - buffer.AcknowledgedOffset;
            buffer.Acknowledge(offset);
            _inFlightLimit.OnAcknowledged((long)offset, inFlightBytes);
        }
    }

    /// <summary>
    /// Composes the next write: due control records, then a DATA record, or CLOSE when no data is left. Only the pump's owner calls it.
    /// </summary>
    /// <param name="batch">The bytes to write; valid until <see cref="OnWriteCompleted"/>.</param>
    /// <returns>
    /// False when there is nothing to write, or the path is detached. The caller does not own the pump any more then; if the path is
    /// detached, it is notified by <see cref="SessionPath.OnPumpStopped"/>.
    /// </returns>
    public bool TryTakeWrite(out ReadOnlySequence<byte> batch)
    {
        lock (_gate)
        {
            if (_isPathDetached)
            {
                // The pump stays acquired: it belongs to the migration, or the session has ended.
                _path.OnPumpStopped();
                batch = default;
                return false;
            }

            if (!_output.TryComposeWrite(_receiveTracker.ReceivedOffset, out batch, out bool isTraffic))
            {
                _isPumpAcquired = false;
                return false;
            }

            SendBuffer buffer = _output.SendBuffer;
            long inFlightBytes = buffer.NextSendOffset - buffer.AcknowledgedOffset;
            _inFlightLimit.OnSending(buffer.NextSendOffset, inFlightBytes, isAll: buffer.UnsentBytes == 0);
            if (isTraffic)
            {
                _path.OnTrafficSent();
            }

            return true;
        }
    }

    /// <summary>The path has accepted the bytes of the last <see cref="TryTakeWrite"/>. Only the pump's owner calls it.</summary>
    /// <returns>Whether CLOSE was among the bytes sent on this path.</returns>
    public bool OnWriteCompleted()
    {
        lock (_gate)
        {
            return _output.OnWriteCompleted();
        }
    }

    private bool TryAppendLocked(ReadOnlySpan<byte> header, ReadOnlySpan<byte> body, FrameTraffic traffic)
    {
        if (_isEnding)
        {
            return false;
        }

        _output.SendBuffer.Write(header);
        _output.SendBuffer.Write(body);
        switch (traffic)
        {
            case FrameTraffic.Bulk:
                _inFlightLimit.OnBulkAppended(header.Length + body.Length);
                break;
            case FrameTraffic.Small:
                _inFlightLimit.OnSmallAppended();
                break;
        }

        return true;
    }

    /// <summary>Makes the caller the pump's owner; false if the pump has an owner, which is always so after the session's end.</summary>
    private bool TryAcquirePumpLocked()
    {
        if (_isPumpAcquired)
        {
            return false;
        }

        _isPumpAcquired = true;
        return true;
    }

    private void FlushIf(bool mustFlush)
    {
        if (mustFlush)
        {
            Flush(inline: false);
        }
    }

    /// <summary>
    /// Appends to the session's stream while the writer's lock is held. Valid inside of <see cref="IFrameAppender.Append"/>.
    /// </summary>
    public readonly ref struct AppendScope
    {
        private readonly SessionWriter _writer;

        internal AppendScope(SessionWriter writer) => _writer = writer;

        /// <summary>Appends one frame.</summary>
        /// <param name="header">The frame's header.</param>
        /// <param name="body">The frame's body.</param>
        /// <param name="endOffset">The offset after the frame in the session's stream; 0 if it is not appended.</param>
        /// <param name="traffic">What the frame belongs to.</param>
        /// <returns>False if the session is ending; nothing is appended then.</returns>
        public bool TryAppend(
            ReadOnlySpan<byte> header, ReadOnlySpan<byte> body, out long endOffset, FrameTraffic traffic = FrameTraffic.Control)
        {
            bool isAppended = _writer.TryAppendLocked(header, body, traffic);
            endOffset = isAppended ? _writer._output.SendBuffer.WrittenOffset : 0;
            return isAppended;
        }
    }
}
