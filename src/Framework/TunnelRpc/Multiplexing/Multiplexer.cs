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
/// <remarks>Lock order: the session's gate, then the table's.</remarks>
[SuppressMessage("Reliability", "CA1001:Types that own disposable fields should be disposable", Justification = "The semaphore's wait handle is never asked for: there is nothing to release.")]
internal sealed class Multiplexer : ISessionSink
{
    /// <summary>The longest reason of DRAIN, in bytes.</summary>
    public const int MaxDrainReason = 512;

    /// <summary>A stream's full batch, or a message in pieces, is longer.</summary>
    private const int LongFrame = 4 << 10;

    private readonly TunnelSession _session;
    private readonly StreamTable _streams;
    private readonly Demultiplexer _demultiplexer;
    private readonly FrameParser _parser;
    private readonly SendScheduler _scheduler;
    private readonly CallGate _outgoing;
    private readonly IStreamAcceptor _acceptor;
    private readonly MessageCompressor _compressor;

    // Guarded by the session's gate: numbers are given in the order in which calls are written.
    private ulong _nextId;

    // Guarded by the session's gate, and read without: why this side opens no more calls but those that belong to what runs.
    private volatile string? _draining;

    // Set by the reader: the peer does not either.
    private volatile bool _peerDrains;

    // Holds those that must not overtake one another, first come, first served.
    private readonly SemaphoreSlim _inOrder = new(1, 1);

    public Multiplexer(TunnelSession session, TunnelOptions options, IStreamAcceptor acceptor)
    {
        TunnelLimits limits = options.Limits;
        _session = session;
        _acceptor = acceptor;
        _streams = new StreamTable(session.Info.IsClient);
        _demultiplexer = new Demultiplexer(this, _streams, limits, session.Info.Features, acceptor, session.Memory);
        _compressor = new MessageCompressor(session.Info.Features, options.Compression);
        _parser = new FrameParser(_demultiplexer);
        _scheduler = new SendScheduler(session, session.Work);
        Messages = new MessageSender(this, session, _scheduler, _compressor);
        _outgoing = new CallGate(session.Info.PeerLimits.MaxConcurrentCalls);
        Running = new RunningCalls(limits.MaxConcurrentCalls);
        _nextId = session.Info.IsClient ? 1u : 2u;
        OutgoingMessageLimit = Math.Min(limits.MaxMessageSize, session.Info.PeerLimits.MaxMessageSize);
        session.Attach(this);
    }

    /// <summary>The most bytes of a message that this side may send and the peer takes.</summary>
    public int OutgoingMessageLimit { get; }

    /// <summary>The window that the peer gives a stream at its start.</summary>
    public int InitialSendWindow => _session.Info.PeerLimits.StreamWindow;

    /// <summary>What the session holds in memory.</summary>
    public MemoryAccount Memory => _session.Memory;

    /// <summary>Where calls run and end.</summary>
    public WorkQueue Work => _session.Work;

    /// <summary>What calls that are open send.</summary>
    public MessageSender Messages { get; }

    public ulong StopAccepting() => _demultiplexer.StopAccepting();

    /// <summary>Calls of the peer that still run.</summary>
    public RunningCalls Running { get; }

    /// <summary>Calls of either side that are not over.</summary>
    public int OpenStreams => _streams.Count;

    /// <summary>Calls of this side that take of the peer's room, one-way ones that it has not reported among them.</summary>
    public int OutgoingCalls => _outgoing.Open;

    /// <summary>Calls of this side that wait for the peer's room.</summary>
    public int WaitingCalls => _outgoing.Waiters;

    /// <summary>Whether this side opens no more calls but those that belong to what runs.</summary>
    public bool IsDraining => _draining is not null;

    /// <summary>Whether both sides open no more calls, and none of this side's is left.</summary>
    public bool IsDrained => IsDraining && _peerDrains && OutgoingCalls == 0;

    /// <summary>Messages that wait for room.</summary>
    public int QueuedMessages => _scheduler.Queued;

    /// <summary>Whether nothing else is under way, so that writing in the caller's own frame is the quickest. What follows a long piece is, most often: it shares the write.</summary>
    private bool IsAlone(FrameType type, int length) => (length <= LongFrame || type is not (FrameType.Item or FrameType.Part)) && _outgoing.Answered + Running.Count <= 1 && !Work.HasMore;

    /// <summary>
    /// Opens a call whose message fits a frame, if it need not wait for anything: the usual case, without an allocation.
    /// On true the stream is in the table and may complete at any moment.
    /// </summary>
    /// <exception cref="TunnelException">The session has ended.</exception>
    public bool TryOpen(TunnelStream stream, FrameFlags flags, ReadOnlySpan<byte> body, CallPlace place = CallPlace.Free)
    {
        if (body.Length > Frame.FragmentSize || !_session.HasReplayRoom || !_outgoing.TryEnter())
        {
            return false;
        }

        _outgoing.Hold(flags);
        byte[] rented = _compressor.Compress(ref body, ref flags);
        try
        {
            if (WriteOpening(stream, FrameType.Call, flags, body, place))
            {
                return true;
            }
        }
        finally
        {
            MessageCompressor.Return(rented);
        }

        _outgoing.Drop(flags);
        _outgoing.Exit();
        return false;
    }

    /// <summary>Opens a call that others of its kind must not overtake: they wait until its message is sent.</summary>
    /// <exception cref="TunnelException">The session has ended, or drains.</exception>
    public async ValueTask OpenInOrderAsync(
        TunnelStream stream, FrameFlags flags, ReadOnlyMemory<byte> body, CancellationToken cancellationToken, SendTurn? turn = null, CallPlace place = CallPlace.Free)
    {
        await _inOrder.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!TryOpen(stream, flags, body.Span, place))
            {
                await OpenAsync(stream, flags, body, cancellationToken, turn, place).ConfigureAwait(false);
            }
        }
        finally
        {
            _inOrder.Release();
        }
    }

    /// <summary>Opens a call, waiting for the peer's limit of calls and for room as needed, in fragments if it is large.</summary>
    /// <exception cref="TunnelException">The session has ended, or drains.</exception>
    public async ValueTask OpenAsync(
        TunnelStream stream, FrameFlags flags, ReadOnlyMemory<byte> body, CancellationToken cancellationToken, SendTurn? turn = null, CallPlace place = CallPlace.Free)
    {
        if (place != CallPlace.Nested || !_outgoing.TryEnterNested())
        {
            await _outgoing.EnterAsync(place, cancellationToken).ConfigureAwait(false);
        }

        turn ??= new SendTurn();
        bool opened = false;
        byte[] rented = _compressor.Compress(ref body, ref flags);
        try
        {
            int first = Math.Min(body.Length, Frame.FragmentSize);
            await _scheduler.TakeAsync(turn, first, Memory, held: 0, cancellationToken).ConfigureAwait(false);
            bool whole = first == body.Length;
            try
            {
                opened = true;
                _outgoing.Hold(flags);
                opened = WriteOpening(stream, whole ? FrameType.Call : FrameType.Part, whole ? flags : FrameFlags.None, body.Span[..first], place);
                if (!opened)
                {
                    _outgoing.Drop(flags);
                    throw new SessionDrainingException(_draining!);
                }
            }
            finally
            {
                _scheduler.Written(first);
            }

            if (!whole)
            {
                bool sent = await Messages.SendPiecesAsync(stream, turn, FrameType.Call, flags, body[first..], held: 0, cancellationToken).ConfigureAwait(false);
                if ((flags & FrameFlags.OneWay) != 0)
                {
                    if (!sent)
                    {
                        throw NotSent();
                    }

                    // It keeps its room until the peer says that it is over.
                    _streams.TryRemove(stream, stream.Id);
                }
            }
        }
        catch
        {
            if (opened)
            {
                // Half sent, it must not stay open on either side.
                if (TryCancel(stream, TunnelStatus.Cancelled))
                {
                    _outgoing.Drop(flags);
                }
            }
            else
            {
                _outgoing.Exit();
            }

            throw;
        }
        finally
        {
            MessageCompressor.Return(rented);
        }
    }

    /// <summary>Writes a frame that never waits: refusals, CANCEL, CREDIT, END. Bounded by MaxControlBacklog.</summary>
    public void WriteControl(ulong stream, FrameType type, ReadOnlySpan<byte> body, FrameFlags flags = FrameFlags.None)
    {
        WriteFrame(stream, type, flags, body);
        _session.CheckControlBacklog();
    }

    /// <summary>Gives the peer credit.</summary>
    public void GiveCredit(TunnelStream stream, long bytes)
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
            stream.OnLost(lost);
        }
    }

    /// <summary>A call of the peer no longer runs.</summary>
    public void ReleaseCall(bool isOneWay, bool nested = false)
    {
        Running.Remove(nested);
        if (isOneWay)
        {
            ReportOneWay();
        }
    }

    /// <summary>
    /// A one-way call of the peer is over, or never ran: now and then the peer is told of how many, so that it has no more of them
    /// under way than may run here.
    /// </summary>
    public void ReportOneWay() => TellOfOneWays(Running.EndOneWay());

    private void TellOfOneWays(int ended)
    {
        if (ended > 0)
        {
            Span<byte> body = stackalloc byte[VarInt.MaxSize];
            WriteControl(0, FrameType.Credit, body[..VarInt.Write(body, (ulong)ended)]);
        }
    }

    /// <summary>
    /// This side opens no more calls but those that belong to what runs, and asks the peer for the same. Calls that wait to be sent fail, not
    /// sent. Once; nothing when it did already.
    /// </summary>
    public void Drain(string reason)
    {
        Span<byte> frame = stackalloc byte[Frame.MaxHeadSize + MaxDrainReason];
        Span<byte> text = stackalloc byte[MaxDrainReason];
        Encoding.UTF8.GetEncoder().Convert(reason, text, flush: true, out _, out int length, out _);
        int size = Frame.WriteHead(frame, FrameType.Drain, FrameFlags.None, 0, length);
        text[..length].CopyTo(frame[size..]);
        bool flush;
        lock (_session.Gate)
        {
            if (_draining is not null)
            {
                return;
            }

            // In the session's stream nothing of this side's own comes behind it that began without knowing of it.
            _draining = reason;
            flush = _session.WriteLocked(frame[..(size + length)]) && _session.BeginFlushLocked();
        }

        if (flush)
        {
            _session.Flush(IsAlone(FrameType.Drain, length));
        }

        _outgoing.Drain(reason, _acceptor.OnDraining);
        TellOfOneWays(Running.TellAtOnce());
    }

    /// <summary>The peer opens no more calls but those that belong to what runs; on the reader.</summary>
    public void OnPeerDrains(string reason)
    {
        _peerDrains = true;
        Drain(reason);
        _acceptor.OnDraining();
    }

    /// <summary>Whether the peer opened this stream though it had said that it opens no more; on the reader.</summary>
    public bool IsBehindDrain(ulong stream) => _demultiplexer.IsBehindDrain(stream);

    /// <summary>The peer says that so many one-way calls of this side are over; false when there are not that many.</summary>
    public bool TryEndOneWays(ulong count) => _outgoing.TryEndOneWays(count);

    /// <summary>Whether this side has given a stream this number.</summary>
    public bool HasOpened(ulong id)
    {
        lock (_session.Gate)
        {
            return id != 0 && !_streams.IsPeers(id) && id < _nextId;
        }
    }

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
        if (!_streams.IsPeers(id))
        {
            _outgoing.Exit();
        }

        return true;
    }

    /// <summary>Answers a call that never ran with a failure that says so; never waits.</summary>
    public void Refuse(ulong id, TunnelStatus status, string message) => Fail(id, status, message, FrameType.Reply, ReplyFlags.Refused);

    /// <summary>Answers a call that runs no longer for its caller with a failure; never waits.</summary>
    public void Fail(ulong id, TunnelStatus status, string message, FrameType type, FrameFlags flags = FrameFlags.None)
    {
        MessageBuffer buffer = MessageBuffer.Rent(OutgoingMessageLimit);
        try
        {
            FailureBody.Write(buffer, OutgoingMessageLimit, status, message, null);
            WriteControl(id, type, buffer.WrittenSpan, flags);
        }
        finally
        {
            buffer.Return();
        }
    }

    /// <summary>Gives back what the reader holds; once it has stopped.</summary>
    public void Release() => _demultiplexer.Release();

    void ISessionSink.OnData(ReadOnlySpan<byte> data)
    {
        try
        {
            _parser.Parse(data);
        }
        finally
        {
            Memory.Publish();
        }
    }

    void ISessionSink.OnRoom() => _scheduler.Grant();

    void ISessionSink.OnEnded(SessionEnd end)
    {
        IReadOnlyList<TunnelStream> streams = _streams.Close(end.Error);
        TunnelException notSent = CallFailure.NotSent(end.Error);
        _outgoing.Fail(notSent);
        _scheduler.Fail(notSent);
        foreach (TunnelStream stream in streams)
        {
            stream.SendWindow?.Close();
            stream.OnLost(_streams.IsPeers(stream.Id) ? end.Error : CallFailure.Lost(stream, end));
        }
    }

    private static TunnelException NotSent() =>
        new(TunnelStatus.Unavailable, "The tunnel is closing: the call was not sent.") { Outcome = TunnelCallOutcome.NotSent };

    /// <summary>Opens the stream. False, and nothing is done, where the session drains and the call belongs to nothing that runs.</summary>
    private bool WriteOpening(TunnelStream stream, FrameType type, FrameFlags flags, ReadOnlySpan<byte> body, CallPlace place)
    {
        Span<byte> head = stackalloc byte[Frame.MaxHeadSize];
        bool flush;
        lock (_session.Gate)
        {
            if (_draining is not null && place == CallPlace.Free)
            {
                return false;
            }

            stream.Id = _nextId;
            stream.CallEnd = 0;
            _nextId += 2;
            bool answered = (flags & FrameFlags.OneWay) == 0 || type == FrameType.Part;
            if (answered && !_streams.TryAdd(stream, out TunnelException? lost))
            {
                _outgoing.Exit();
                throw CallFailure.NotSent(lost);
            }

            int size = Frame.WriteHead(head, type, flags, stream.Id, body.Length);
            bool written = _session.WriteLocked(head[..size]) && _session.WriteLocked(body);
            if (!written && !answered)
            {
                // A call in the table fails when the session's end comes; of this one nobody would ever tell.
                throw NotSent();
            }

            if (written && type == FrameType.Call)
            {
                stream.CallEnd = _session.WrittenLocked;
            }

            flush = written && _session.BeginFlushLocked();
        }

        if (flush)
        {
            _session.Flush(IsAlone(type, body.Length));
        }

        return true;
    }

    /// <param name="stream">Its number.</param>
    /// <param name="type">The frame's type.</param>
    /// <param name="flags">The frame's flags.</param>
    /// <param name="body">The frame's body.</param>
    /// <param name="called">The call whose CALL it is; null for every other frame.</param>
    public void WriteFrame(ulong stream, FrameType type, FrameFlags flags, ReadOnlySpan<byte> body, TunnelStream? called = null)
    {
        Span<byte> head = stackalloc byte[Frame.MaxHeadSize];
        int size = Frame.WriteHead(head, type, flags, stream, body.Length);
        bool flush = false;
        lock (_session.Gate)
        {
            if (_session.WriteLocked(head[..size]) && _session.WriteLocked(body))
            {
                if (called is not null)
                {
                    called.CallEnd = _session.WrittenLocked;
                }

                flush = _session.BeginFlushLocked();
            }
        }

        if (flush)
        {
            _session.Flush(IsAlone(type, body.Length));
        }
    }
}
