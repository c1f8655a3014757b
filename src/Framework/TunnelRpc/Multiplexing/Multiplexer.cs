using System.Diagnostics.CodeAnalysis;
using System.Text;
using TunnelRpc.Accounting;
using TunnelRpc.Scheduling;
using TunnelRpc.Sessions;

namespace TunnelRpc.Multiplexing;

/// <summary>
/// Carries the calls of both sides over one session: stream numbers, frames, credit, turns. Thread-safe. What the peer sends
/// is the <see cref="Demultiplexer"/>'s.
/// </summary>
/// <remarks>Lock order: the lock of the session's writer, then that of the limiter of outgoing calls. The stream table has no lock.</remarks>
[SuppressMessage("Reliability", "CA1001:Types that own disposable fields should be disposable", Justification = "The semaphore's wait handle is never asked for: there is nothing to release.")]
internal sealed partial class Multiplexer : ISessionHandler
{
    /// <summary>The longest reason of DRAIN, in bytes.</summary>
    public const int MaxDrainReasonBytes = 512;

    /// <summary>A stream's full batch, or a message in pieces, is longer.</summary>
    private const int LongFrameThreshold = 4 << 10;

    private readonly TunnelSession _session;
    private readonly StreamTable _streams;
    private readonly Demultiplexer _demultiplexer;
    private readonly FrameParser _parser;
    private readonly SendScheduler _scheduler;
    private readonly OutgoingCallLimiter _outgoingLimiter;
    private readonly IStreamAcceptor _acceptor;
    private readonly MessageCompressor _compressor;

    // Changed under the lock of the session's writer, read without it: stream ids are allotted in the order in which calls are written.
    private ulong _nextStreamId;

    // Set under the lock of the session's writer, read without it: why this side opens no more calls but those that belong to what runs.
    private volatile string? _drainReason;

    // Set by the reader: the peer does not either.
    private volatile bool _isPeerDraining;

    // Holds those that must not overtake one another, first come, first served.
    private readonly SemaphoreSlim _orderedOpenLock = new(1, 1);

    public Multiplexer(TunnelSession session, TunnelOptions options, IStreamAcceptor acceptor)
    {
        TunnelLimits limits = options.Limits;
        _session = session;
        _acceptor = acceptor;
        _streams = new StreamTable(session.Parameters.IsClient);
        _demultiplexer = new Demultiplexer(this, _streams, limits, session.Parameters.Features, acceptor, session.Memory);
        _compressor = new MessageCompressor(session.Parameters.Features, options.Compression);
        _parser = new FrameParser(_demultiplexer);
        _scheduler = new SendScheduler(session.Writer, session.WorkQueue);
        Sender = new MessageSender(this, session, _scheduler, _compressor);
        _outgoingLimiter = new OutgoingCallLimiter(session.Parameters.PeerLimits.MaxConcurrentCalls);
        IncomingCalls = new IncomingCallLimiter(limits.MaxConcurrentCalls, SendOneWayCredit);
        _nextStreamId = session.Parameters.IsClient ? 1u : 2u;
        MaxOutgoingMessageSize = Math.Min(limits.MaxMessageSize, session.Parameters.PeerLimits.MaxMessageSize);
        session.SetHandler(this);
    }

    /// <summary>The most bytes of a message that this side may send and the peer takes.</summary>
    public int MaxOutgoingMessageSize { get; }

    /// <summary>The window that the peer gives a stream at its start.</summary>
    public int InitialSendWindow => _session.Parameters.PeerLimits.StreamWindow;

    /// <summary>What the session holds in memory.</summary>
    public MemoryAccount Memory => _session.Memory;

    /// <summary>Where calls run and end.</summary>
    public WorkQueue Work => _session.WorkQueue;

    /// <summary>What calls that are open send.</summary>
    public MessageSender Sender { get; }

    public ulong StopAcceptingCalls() => _demultiplexer.StopAccepting();

    /// <summary>Calls of the peer that still run.</summary>
    public IncomingCallLimiter IncomingCalls { get; }

    /// <summary>Calls of either side that are not over.</summary>
    public int OpenStreamCount => _streams.Count;

    /// <summary>Calls of this side that take of the peer's room, one-way ones that it has not reported among them.</summary>
    public int OutgoingCallCount => _outgoingLimiter.AcquiredCount;

    /// <summary>Calls of this side that wait for the peer's room.</summary>
    public int WaitingCallCount => _outgoingLimiter.WaiterCount;

    /// <summary>Whether this side opens no more calls but those that belong to what runs.</summary>
    public bool IsDraining => _drainReason is not null;

    /// <summary>Whether both sides open no more calls, and none of this side's is left.</summary>
    public bool IsDrained => IsDraining && _isPeerDraining && OutgoingCallCount == 0;

    /// <summary>Messages that wait for room.</summary>
    public int QueuedMessageCount => _scheduler.QueuedCount;

    /// <summary>Whether nothing else is under way, so that writing in the caller's own frame is the quickest. What follows a long piece is, most often: it shares the write.</summary>
    private bool CanFlushInline(FrameType type, int length) => (length <= LongFrameThreshold || type is not (FrameType.Item or FrameType.Fragment)) && _outgoingLimiter.ReplyExpectedCount + IncomingCalls.Count <= 1 && !Work.HasWorkItems;

    /// <summary>
    /// Opens a call whose message fits a frame, if it need not wait for anything: the usual case, without an allocation.
    /// On true the stream is in the table and may complete at any moment.
    /// </summary>
    /// <exception cref="TunnelException">The session has ended.</exception>
    public bool TryOpen(TunnelStream stream, FrameFlags flags, ReadOnlySpan<byte> body, CallAffinity affinity = CallAffinity.AnySession)
    {
        if (body.Length > Frame.MaxFragmentSize || !_session.HasUnacknowledgedCapacity
            || !_outgoingLimiter.TryAcquire((flags & FrameFlags.OneWay) != 0, out stream.OutgoingPermit))
        {
            return false;
        }

        byte[] rented = [];
        bool opened = false;
        try
        {
            rented = _compressor.Compress(ref body, ref flags);
            return opened = TryWriteOpeningFrame(stream, FrameType.Call, flags, body, affinity);
        }
        finally
        {
            MessageCompressor.Return(rented);
            if (!opened)
            {
                stream.OutgoingPermit.Dispose();
            }
        }
    }

    /// <summary>Opens a call that others of its kind must not overtake: they wait until its message is sent.</summary>
    /// <exception cref="TunnelException">The session has ended, or drains.</exception>
    public async ValueTask OpenInOrderAsync(
        TunnelStream stream, FrameFlags flags, ReadOnlyMemory<byte> body, CancellationToken cancellationToken, ScheduledSender? sender = null, CallAffinity affinity = CallAffinity.AnySession)
    {
        await _orderedOpenLock.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!TryOpen(stream, flags, body.Span, affinity))
            {
                await OpenAsync(stream, flags, body, cancellationToken, sender, affinity).ConfigureAwait(false);
            }
        }
        finally
        {
            _orderedOpenLock.Release();
        }
    }

    /// <summary>Opens a call, waiting for the peer's limit of calls and for room as needed, in fragments if it is large.</summary>
    /// <exception cref="TunnelException">The session has ended, or drains.</exception>
    public async ValueTask OpenAsync(
        TunnelStream stream, FrameFlags flags, ReadOnlyMemory<byte> body, CancellationToken cancellationToken, ScheduledSender? sender = null, CallAffinity affinity = CallAffinity.AnySession)
    {
        bool isOneWay = (flags & FrameFlags.OneWay) != 0;
        if (affinity != CallAffinity.Nested || !_outgoingLimiter.TryAcquireNested(out stream.OutgoingPermit))
        {
            OutgoingCallLimiter.Permit permit = await _outgoingLimiter.AcquireAsync(affinity, isOneWay, cancellationToken).ConfigureAwait(false);
            stream.OutgoingPermit = permit;
        }

        sender ??= new ScheduledSender();
        byte[] rented = [];
        try
        {
            rented = _compressor.Compress(ref body, ref flags);
            int first = Math.Min(body.Length, Frame.MaxFragmentSize);
            await _scheduler.AcquireCancellableAsync(sender, first, cancellationToken).ConfigureAwait(false);
            bool whole = first == body.Length;
            try
            {
                if (!TryWriteOpeningFrame(stream, whole ? FrameType.Call : FrameType.Fragment, whole ? flags : FrameFlags.None, body.Span[..first], affinity))
                {
                    throw new SessionDrainingException(_drainReason!);
                }
            }
            finally
            {
                _scheduler.OnWritten(first);
            }

            if (!whole)
            {
                bool sent = await Sender.SendFragmentsAsync(stream, sender, FrameType.Call, flags, body[first..], cancellationToken).ConfigureAwait(false);
                if (isOneWay)
                {
                    if (!sent)
                    {
                        throw CallNotSentError();
                    }

                    stream.OutgoingPermit.KeepUntilReported();
                    _streams.TryRemove(stream, stream.Id);
                }
            }
        }
        catch
        {
            // A partially sent call must not stay open on either side. One that is not in the table is not cancelled, but holds its permit.
            TryCancel(stream, TunnelStatus.Cancelled);
            stream.OutgoingPermit.Dispose();
            throw;
        }
        finally
        {
            MessageCompressor.Return(rented);
        }
    }

    /// <summary>Writes a frame that never waits: refusals, CANCEL, CREDIT, END. Bounded by MaxControlBacklog.</summary>
    public void WriteControl(ulong streamId, FrameType type, ReadOnlySpan<byte> body, FrameFlags flags = FrameFlags.None)
    {
        WriteFrame(streamId, type, flags, body);
        _session.EnforceControlBacklogLimit();
    }

    /// <summary>Gives the peer credit.</summary>
    public void SendCredit(TunnelStream stream, long bytes)
    {
        if (bytes > 0 && stream.IsOpen)
        {
            Span<byte> body = stackalloc byte[VarInt.MaxSize];
            WriteControl(stream.Id, FrameType.Credit, body[..VarInt.Write(body, (ulong)bytes)]);
        }
    }

    /// <summary>Cancels a call of this side: true for the one who may complete it.</summary>
    public bool TryCancel(TunnelStream stream, TunnelStatus status)
    {
        if (!TryRemove(stream))
        {
            return false;
        }

        WriteControl(stream.Id, FrameType.Cancel, [(byte)status]);
        return true;
    }

    /// <summary>Puts a call of the peer into the table.</summary>
    public void Accept(TunnelStream stream, ulong id)
    {
        stream.Id = id;
        if (!_streams.TryAdd(stream, out TunnelException? lost))
        {
            stream.OnFailed(lost);
        }
    }

    /// <summary>Reports one-way calls of the peer that have ended, or were refused: CREDIT on stream 0. The peer releases as many permits.</summary>
    private void SendOneWayCredit(int endedCount)
    {
        Span<byte> body = stackalloc byte[VarInt.MaxSize];
        WriteControl(0, FrameType.Credit, body[..VarInt.Write(body, (ulong)endedCount)]);
    }

    /// <summary>
    /// This side opens no more calls but those that belong to what runs, and asks the peer for the same. Calls that wait to be sent fail, not
    /// sent. Once; nothing when it did already.
    /// </summary>
    public void Drain(string reason)
    {
        Span<byte> frame = stackalloc byte[Frame.MaxHeaderSize + MaxDrainReasonBytes];
        Span<byte> text = stackalloc byte[MaxDrainReasonBytes];
        Encoding.UTF8.GetEncoder().Convert(reason, text, flush: true, out _, out int length, out _);
        int size = Frame.WriteHeader(frame, FrameType.Drain, FrameFlags.None, 0, length);
        text[..length].CopyTo(frame[size..]);
        var appender = new DrainAppender(this, reason, frame[..(size + length)]);
        bool mustFlush = _session.Writer.Append(ref appender);
        if (appender.WasDraining)
        {
            return;
        }

        if (mustFlush)
        {
            _session.Writer.Flush(CanFlushInline(FrameType.Drain, length));
        }

        _outgoingLimiter.Drain(reason, _acceptor.OnDraining);
        IncomingCalls.ReportOneWaysImmediately();
    }

    /// <summary>The peer opens no more calls but those that belong to what runs; on the reader.</summary>
    public void OnPeerDraining(string reason)
    {
        _isPeerDraining = true;
        Drain(reason);
        _acceptor.OnDraining();
    }

    /// <summary>Whether the peer opened this stream though it had said that it opens no more; on the reader.</summary>
    public bool IsAfterDrain(ulong streamId) => _demultiplexer.IsAfterDrain(streamId);

    /// <summary>The peer says that so many one-way calls of this side are over; false when there are not that many.</summary>
    public bool TryReleaseOneWays(ulong count) => _outgoingLimiter.TryReleaseOneWays(count);

    /// <summary>Whether this side has given a stream this number.</summary>
    public bool HasOpened(ulong id) => id != 0 && !_streams.IsPeerInitiated(id) && id < Volatile.Read(ref _nextStreamId);

    /// <summary>Takes a call out of the table, by who holds it: true for the one who completes it.</summary>
    public bool TryRemove(TunnelStream stream) => TryRemove(stream, stream.Id);

    /// <summary>Takes the call of this number out of the table, by who has found it: true for the one who completes it. Its slot may serve another call by now.</summary>
    public bool TryRemove(TunnelStream stream, ulong id)
    {
        if (!_streams.TryRemove(stream, id))
        {
            return false;
        }

        stream.SendWindow?.Close();
        stream.OutgoingPermit.Dispose();
        return true;
    }

    /// <summary>Answers a call that never ran with a failure that says so; never waits.</summary>
    public void Refuse(ulong id, TunnelStatus status, string message) => SendFailure(id, status, message, FrameType.Reply, ReplyFlags.Refused);

    /// <summary>Answers a call that runs no longer for its caller with a failure; never waits.</summary>
    public void SendFailure(ulong id, TunnelStatus status, string message, FrameType type, FrameFlags flags = FrameFlags.None)
    {
        MessageBuffer buffer = MessageBuffer.Rent(MaxOutgoingMessageSize);
        try
        {
            FailureBody.Write(buffer, MaxOutgoingMessageSize, status, message, null);
            WriteControl(id, type, buffer.WrittenSpan, flags);
        }
        finally
        {
            buffer.Return();
        }
    }

    /// <summary>Gives back what the reader holds; once it has stopped.</summary>
    public void ReleaseBuffers() => _demultiplexer.ReleaseBuffers();

    void ISessionHandler.OnData(ReadOnlySpan<byte> data)
    {
        try
        {
            _parser.Parse(data);
        }
        finally
        {
            Memory.PublishReceivedCallBytes();
        }
    }

    void ISessionHandler.OnCapacityAvailable() => _scheduler.GrantWaiters();

    void ISessionHandler.OnEnded(SessionEnd end)
    {
        IReadOnlyList<TunnelStream> streams = _streams.Close(end.Error);
        TunnelException notSent = CallFailure.ForUnsentCall(end.Error);
        _outgoingLimiter.Fail(notSent);
        _scheduler.Fail(notSent);
        foreach (TunnelStream stream in streams)
        {
            stream.SendWindow?.Close();
            stream.OutgoingPermit.Dispose();
            stream.OnFailed(_streams.IsPeerInitiated(stream.Id) ? end.Error : CallFailure.ForSessionEnd(stream, end));
        }
    }

    private static TunnelException CallNotSentError() =>
        new(TunnelStatus.Unavailable, "The tunnel is closing: the call was not sent.") { Outcome = TunnelCallOutcome.NotSent };

    /// <summary>Opens the stream. False, and nothing is done, where the session drains and the call belongs to nothing that runs.</summary>
    private bool TryWriteOpeningFrame(TunnelStream stream, FrameType type, FrameFlags flags, ReadOnlySpan<byte> body, CallAffinity affinity)
    {
        var appender = new OpeningFrameAppender(this, stream, type, flags, body, affinity);
        if (_session.Writer.Append(ref appender))
        {
            _session.Writer.Flush(CanFlushInline(type, body.Length));
        }

        return appender.IsOpened;
    }

    /// <param name="streamId">Its number.</param>
    /// <param name="type">The frame's type.</param>
    /// <param name="flags">The frame's flags.</param>
    /// <param name="body">The frame's body.</param>
    /// <param name="callStream">The call whose CALL it is; null for every other frame.</param>
    public void WriteFrame(ulong streamId, FrameType type, FrameFlags flags, ReadOnlySpan<byte> body, TunnelStream? callStream = null)
    {
        Span<byte> head = stackalloc byte[Frame.MaxHeaderSize];
        int size = Frame.WriteHeader(head, type, flags, streamId, body.Length);
        bool mustFlush;
        if (callStream is null)
        {
            _session.Writer.TryAppend(head[..size], body, out mustFlush);
        }
        else
        {
            var appender = new CallFrameAppender(callStream, head[..size], body);
            mustFlush = _session.Writer.Append(ref appender);
        }

        if (mustFlush)
        {
            _session.Writer.Flush(CanFlushInline(type, body.Length));
        }
    }
}
