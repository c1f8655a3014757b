using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using TunnelRpc.Accounting;
using TunnelRpc.Compatibility;
using TunnelRpc.Scheduling;
using TunnelRpc.Sessions;
using TunnelRpc.Tracking;

namespace TunnelRpc.Multiplexing;

// Decision: docs/adr/0025-drain-in-the-session-stream.md
/// <summary>
/// Multiplexes the calls of both sides over one session: allots stream ids, writes frames, and applies flow control, scheduling and the
/// concurrency limits. The <see cref="Demultiplexer"/> handles the frames of the peer. Thread-safe.
/// </summary>
/// <remarks>
/// Lock order: the lock of the session's writer, then that of the limiter of outgoing calls. The stream table has no lock.
/// </remarks>
[SuppressMessage(
    "Reliability",
    "CA1001:Types that own disposable fields should be disposable",
    Justification = "The semaphore's wait handle is never created, so there is nothing to release.")]
[DebuggerDisplay("{OpenStreamCount} streams, {OutgoingCallCount} calls out ({WaitingCallCount} waiting), {IncomingCalls.Count} calls in")]
internal sealed partial class Multiplexer : ISessionHandler
{
    /// <summary>The longest reason of DRAIN, in bytes.</summary>
    public const int MaxDrainReasonBytes = 512;

    /// <summary>
    /// In bytes. A longer ITEM or FRAGMENT frame belongs to a full batch of items or a large message, so more frames are likely to follow.
    /// </summary>
    private const int LongFrameThreshold = 4 << 10;

    private readonly TunnelSession _session;
    private readonly StreamTable _streams;
    private readonly Demultiplexer _demultiplexer;
    private readonly FrameParser _parser;
    private readonly SendScheduler _scheduler;
    private readonly IStreamAcceptor _acceptor;
    private readonly MessageCompressor _compressor;
    private readonly TimeProvider _timeProvider;
    private readonly TunnelLimits _limits;
    private readonly long _maxPendingCallBytes;
    private readonly long _maxWaitingBytes;
    private readonly long _maxUndecodedBytes;

    // The calls of the peer that may run at once.
    private readonly int _maxConcurrentCalls;

    // Changed under the lock of the session's writer, so that stream ids are allotted in the order in which calls are written. Read without
    // it.
    private ulong _nextStreamId;

    // Set once, under the lock of the session's writer; read without it. Why the session drains; null if it does not.
    private volatile string? _drainReason;

    // Set once, by the reader: the peer has sent DRAIN.
    private volatile bool _isPeerDraining;

    // Created on demand, set once, atomically.
    private SemaphoreSlim? _orderedOpenLock;

    /// <summary>Creates the multiplexer and makes it the session's handler.</summary>
    public Multiplexer(TunnelSession session, TunnelOptions options, IStreamAcceptor acceptor)
    {
        TunnelLimits limits = options.Limits;
        _session = session;
        _acceptor = acceptor;
        _limits = limits;
        _maxConcurrentCalls = limits.MaxConcurrentCalls;
        _timeProvider = options.TimeProvider;
        _maxPendingCallBytes = limits.MaxPendingCallBytes;
        _maxWaitingBytes = limits.MaxPendingCallBytes / WaitingMessagesDivisor;
        _maxUndecodedBytes = limits.MaxPartialMessageBytes / UndecodedMessagesDivisor;
        Contracts = new PeerContracts(session.Parameters.PeerFingerprints);
        _streams = new StreamTable(session.Parameters.IsClient);
        _demultiplexer = new Demultiplexer(this, _streams, limits, session.Parameters.Features, acceptor, session.Memory);
        _compressor = new MessageCompressor(session.Parameters.Features, options.Compression);
        _parser = new FrameParser(_demultiplexer);
        _scheduler = new SendScheduler(session.Writer, session.WorkQueue);
        Sender = new MessageSender(this, session, _scheduler, _compressor);
        IncomingCalls = new IncomingCallLimiter(limits, session.Memory, SendOneWayCredit);
        _nextStreamId = session.Parameters.IsClient ? 1u : 2u;
        MaxOutgoingMessageSize = Math.Min(limits.MaxMessageSize, session.Parameters.PeerLimits.MaxMessageSize);
        session.SetHandler(this);
    }

    /// <summary>The largest message that this side sends, in bytes: the smaller MaxMessageSize of both sides.</summary>
    public int MaxOutgoingMessageSize { get; }

    /// <summary>The initial send window of a stream, in bytes: the StreamWindow of the peer.</summary>
    public int InitialSendWindow => _session.Parameters.PeerLimits.StreamWindow;

    // Taken while an ordered call is opened, so that ordered calls do not overtake one another. Grants in order of arrival.
    private SemaphoreSlim OrderedOpenLock => Volatile.Read(ref _orderedOpenLock) ?? SetOnce(ref _orderedOpenLock, new SemaphoreSlim(1, 1));

    /// <summary>The session's memory account.</summary>
    public MemoryAccount Memory => _session.Memory;

    /// <summary>The session's work queue, which runs incoming calls and completes outgoing ones.</summary>
    public WorkQueue Work => _session.WorkQueue;

    /// <summary>The large messages of the peer that are not decoded yet. Created by the reader, which is its only user.</summary>
    public DecodeQueue LargeMessages => field ??= new DecodeQueue(_maxUndecodedBytes);

    /// <summary>Sends the messages of open calls.</summary>
    public MessageSender Sender { get; }

    /// <summary>Stops accepting calls of the peer. Returns the highest stream id that was accepted.</summary>
    public ulong StopAcceptingCalls() => _demultiplexer.StopAccepting();

    /// <summary>Limits and counts the running calls of the peer.</summary>
    public IncomingCallLimiter IncomingCalls { get; }

    /// <summary>The versions of the contracts that the peer has.</summary>
    public PeerContracts Contracts { get; }

    /// <summary>Whether the session has ended. True before any wait fails and before any call is cancelled because of it.</summary>
    public bool HasSessionEnded => _streams.IsClosed;

    /// <summary>The open streams of both sides. Enumerates them, so it is not cheap.</summary>
    public int OpenStreamCount => _streams.Count;

    /// <summary>The calls of this side that hold a permit, including one-way calls that the peer has not reported as ended.</summary>
    public int OutgoingCallCount => Volatile.Read(ref _outgoingLimiter)?.AcquiredCount ?? 0;

    /// <summary>The calls of this side that wait for a permit.</summary>
    public int WaitingCallCount => Volatile.Read(ref _outgoingLimiter)?.WaiterCount ?? 0;

    /// <summary>Whether the session drains: this side opens only calls that belong to running ones.</summary>
    public bool IsDraining => _drainReason is not null;

    /// <summary>Whether both sides drain and no call of this side is open.</summary>
    public bool IsDrained => IsDraining && _isPeerDraining && OutgoingCallCount == 0;

    /// <summary>The messages that wait to be scheduled.</summary>
    public int QueuedMessageCount => _scheduler.QueuedCount;

    /// <summary>The calls of this side that wait to be opened; null while live objects are not tracked.</summary>
    public LiveSet<TunnelStream>? OpeningCalls { get; } = LiveSet<TunnelStream>.CreateIfEnabled();

    /// <summary>
    /// A snapshot of the open streams of both sides, for diagnosis. By the time that it is used, an object may serve another call.
    /// </summary>
    public IEnumerable<(TunnelStream Stream, ulong Id, bool IsPeerInitiated)> GetOpenStreams() =>
    [
        .. _streams.GetOpenStreams(peerInitiated: false).Select(open => (open.Stream, open.Id, false)),
        .. _streams.GetOpenStreams(peerInitiated: true).Select(open => (open.Stream, open.Id, true)),
    ];

    /// <summary>
    /// Whether the calling thread writes the frame to the path itself, which is fastest if the session has only this call. A long frame is
    /// not written inline, as another one follows it most of the time and shares the write.
    /// </summary>
    private bool CanFlushInline(FrameType type, int length) =>
        (length <= LongFrameThreshold || type is not (FrameType.Item or FrameType.Fragment))
        && (Volatile.Read(ref _outgoingLimiter)?.ReplyExpectedCount ?? 0) + IncomingCalls.Count <= 1
        && !Work.HasWorkItems;

    /// <summary>
    /// Opens a call if its message fits one frame and nothing has to be waited for. This is the usual case; it does not allocate. On true
    /// the stream is in the table and may complete at any moment, so the caller must not use it any more except by its completion.
    /// </summary>
    /// <exception cref="TunnelException">The session has ended.</exception>
    public bool TryOpen(TunnelStream stream, FrameFlags flags, ReadOnlySpan<byte> body, CallAffinity affinity = CallAffinity.AnySession)
    {
        if (body.Length > Frame.MaxFragmentSize
            || !_session.HasUnacknowledgedCapacity
            || !OutgoingLimiter.TryAcquire((flags & FrameFlags.OneWay) != 0, body.Length, out stream.OutgoingPermit))
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

    /// <summary>Takes the lock that ordered calls hold until their message is sent. Grants in order of arrival.</summary>
    public async ValueTask<OrderedOpening> EnterOrderedOpeningAsync(CancellationToken cancellationToken)
    {
        await OrderedOpenLock.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new OrderedOpening(OrderedOpenLock);
    }

    /// <summary>
    /// Opens a call that has its permit. Waits to be scheduled; sends a large message in fragments. The caller accounts the message's
    /// memory. On failure the permit is released.
    /// </summary>
    /// <exception cref="TunnelException">The session has ended, or drains.</exception>
    public async ValueTask OpenAsync(
        TunnelStream stream,
        FrameFlags flags,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken,
        ScheduledSender? sender = null,
        CallAffinity affinity = CallAffinity.AnySession)
    {
        sender ??= new ScheduledSender();
        byte[] rented = [];
        int partialBytes = 0;
        try
        {
            rented = _compressor.Compress(ref body, ref flags);
            bool isWhole = body.Length <= Frame.MaxFragmentSize;
            if (!isWhole)
            {
                await PartialMessages.AddAsync(body.Length, cancellationToken).ConfigureAwait(false);
                partialBytes = body.Length;
            }

            int first = isWhole ? body.Length : Frame.MaxFragmentSize;
            await _scheduler.AcquireCancellableAsync(sender, first, cancellationToken).ConfigureAwait(false);
            FrameType type = isWhole ? FrameType.Call : FrameType.Fragment;
            try
            {
                if (!TryWriteOpeningFrame(stream, type, isWhole ? flags : FrameFlags.None, body.Span[..first], affinity))
                {
                    throw new SessionDrainingException(_drainReason!);
                }
            }
            finally
            {
                _scheduler.OnWritten(first);
            }

            if (!isWhole)
            {
                bool isSent = await Sender.SendFragmentsAsync(stream, sender, FrameType.Call, flags, body[first..], cancellationToken)
                    .ConfigureAwait(false);
                if ((flags & FrameFlags.OneWay) != 0)
                {
                    if (!isSent)
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
            // A partially sent call must not stay open on either side. A call that is not in the table yet has its permit to release.
            TryCancel(stream, TunnelStatus.Cancelled);
            stream.OutgoingPermit.Dispose();
            throw;
        }
        finally
        {
            PartialMessages.Release(partialBytes);
            MessageCompressor.Return(rented);
        }
    }

    /// <summary>
    /// Writes a frame that is not subject to flow control or scheduling: refusals, CANCEL, CREDIT, END. Never waits. Bounded by
    /// MaxControlBacklog.
    /// </summary>
    public void WriteControl(ulong streamId, FrameType type, ReadOnlySpan<byte> body, FrameFlags flags = FrameFlags.None)
    {
        WriteFrame(streamId, type, flags, body, FrameTraffic.Control);
        _session.EnforceControlBacklogLimit();
    }

    /// <summary>
    /// Cancels a call of this side and sends CANCEL. True if the caller took the call out of the table, and so has to complete it.
    /// </summary>
    public bool TryCancel(TunnelStream stream, TunnelStatus status)
    {
        if (!TryRemove(stream))
        {
            return false;
        }

        WriteControl(stream.Id, FrameType.Cancel, [(byte)status]);
        return true;
    }

    /// <summary>Puts a call of the peer into the table. If the session has ended, the call fails at once.</summary>
    public void Accept(TunnelStream stream, ulong id)
    {
        stream.Id = id;
        if (!_streams.TryAdd(stream, out TunnelException? sessionError))
        {
            stream.OnFailed(sessionError);
        }
    }

    /// <summary>
    /// Starts to drain: this side opens only calls that belong to running ones, and DRAIN asks the peer for the same. Waiting calls that do
    /// not belong to a running one fail as not sent. Only the first call has an effect.
    /// </summary>
    /// <param name="reason">
    /// Why, for the peer and for calls that fail. Truncated to <see cref="MaxDrainReasonBytes"/> bytes for the peer.
    /// </param>
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

        OutgoingLimiter.Drain(reason, _acceptor.OnDraining);
        IncomingCalls.ReportOneWaysImmediately();
    }

    /// <summary>The peer has sent DRAIN: this side drains, too. Called by the reader.</summary>
    public void OnPeerDraining(string reason)
    {
        _isPeerDraining = true;
        Drain(reason);
        _acceptor.OnDraining();
    }

    /// <summary>Whether the peer opened this stream after its DRAIN. Called by the reader.</summary>
    public bool IsAfterDrain(ulong streamId) => _demultiplexer.IsAfterDrain(streamId);

    /// <summary>Whether this side has allotted this stream id.</summary>
    public bool HasOpened(ulong id) => id != 0 && !_streams.IsPeerInitiated(id) && id < Volatile.Read(ref _nextStreamId);

    /// <summary>Takes a call out of the table. For the owner of the call. True if the caller has to complete the call.</summary>
    public bool TryRemove(TunnelStream stream) => TryRemove(stream, stream.Id);

    /// <summary>
    /// Takes the call with this id out of the table. True if the caller has to complete the call; false also if the object serves another
    /// call already.
    /// </summary>
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

    /// <summary>Replies to a call that has not run with a failure that says so. Never waits.</summary>
    public void Refuse(ulong id, TunnelStatus status, string message) =>
        SendFailure(id, status, message, FrameType.Reply, ReplyFlags.Refused);

    /// <summary>
    /// Replies to a call with a failure. The call is not in the table any more. Never waits. While the path is stuck, the text is truncated
    /// to an equal part of what MaxControlBacklog allows: so the failures of all calls that a correct peer has open do not end the session.
    /// </summary>
    public void SendFailure(ulong id, TunnelStatus status, string message, FrameType type, FrameFlags flags = FrameFlags.None)
    {
        MessageBuffer buffer = MessageBuffer.Rent(MaxOutgoingMessageSize);
        try
        {
            int maxText = _session.HasUnacknowledgedCapacity
                ? FailureBody.MaxMessageBytes
                : (int)Math.Clamp(_session.RemainingControlBacklog / (2L * _maxConcurrentCalls), 0, FailureBody.MaxMessageBytes);
            FailureBody.Write(buffer, MaxOutgoingMessageSize, status, message, null, maxMessageBytes: maxText);
            WriteControl(id, type, buffer.WrittenSpan, flags);
        }
        finally
        {
            buffer.Return();
        }
    }

    /// <summary>Releases the reader's memory. Only after the reader has stopped.</summary>
    public void ReleaseBuffers() => _demultiplexer.ReleaseBuffers();

    void ISessionHandler.OnData(ReadOnlySpan<byte> data)
    {
        try
        {
            _parser.Parse(data);
        }
        finally
        {
            Memory.PublishReceivedItemBytes();
        }
    }

    void ISessionHandler.OnCapacityAvailable() => _scheduler.GrantWaiters();

    void ISessionHandler.OnEnded(SessionEnd end)
    {
        IReadOnlyList<TunnelStream> streams = _streams.Close(end.Error);
        TunnelException notSent = CallFailure.ForUnsentCall(end.Error);
        IncomingCalls.OnSessionEnded();
        OutgoingLimiter.Fail(notSent);
        FailQuotas(notSent);
        _scheduler.Fail(notSent);
        foreach (TunnelStream stream in streams)
        {
            stream.SendWindow?.Close();
            stream.OutgoingPermit.Dispose();
            stream.OnFailed(_streams.IsPeerInitiated(stream.Id) ? end.Error : CallFailure.ForSessionEnd(stream, end));
        }
    }

    private TunnelException CallNotSentError() =>
        new(TunnelStatus.Unavailable, $"{_session.ClosingHandshake.DescribeCloser()} The call was not sent.")
        {
            Outcome = TunnelCallOutcome.NotSent,
        };

    /// <summary>
    /// Opens the stream. False, and nothing is done, if the session drains and the call does not belong to a running one.
    /// </summary>
    private bool TryWriteOpeningFrame(TunnelStream stream, FrameType type, FrameFlags flags, ReadOnlySpan<byte> body, CallAffinity affinity)
    {
        var appender = new OpeningFrameAppender(this, stream, type, flags, body, affinity);
        if (_session.Writer.Append(ref appender))
        {
            _session.Writer.Flush(CanFlushInline(type, body.Length));
        }

        return appender.IsOpened;
    }

    /// <summary>Writes a frame of an open stream. Nothing is written if the session is ending.</summary>
    /// <param name="streamId">The stream id.</param>
    /// <param name="type">The frame's type.</param>
    /// <param name="flags">The frame's flags.</param>
    /// <param name="body">The frame's body.</param>
    /// <param name="traffic">What the frame belongs to.</param>
    /// <param name="callStream">
    /// The stream that the frame opens, for the CALL that ends a call's fragments; null for every other frame.
    /// </param>
    public void WriteFrame(
        ulong streamId,
        FrameType type,
        FrameFlags flags,
        ReadOnlySpan<byte> body,
        FrameTraffic traffic,
        TunnelStream? callStream = null)
    {
        Span<byte> header = stackalloc byte[Frame.MaxHeaderSize];
        int size = Frame.WriteHeader(header, type, flags, streamId, body.Length);
        bool mustFlush;
        if (callStream is null)
        {
            _session.Writer.TryAppend(header[..size], body, out mustFlush, traffic);
        }
        else
        {
            var appender = new CallFrameAppender(callStream, header[..size], body);
            mustFlush = _session.Writer.Append(ref appender);
        }

        if (mustFlush)
        {
            _session.Writer.Flush(CanFlushInline(type, body.Length));
        }
    }
}
