using System.Diagnostics.CodeAnalysis;
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
    private readonly TunnelSession _session;
    private readonly StreamTable _streams;
    private readonly Demultiplexer _demultiplexer;
    private readonly FrameParser _parser;
    private readonly SendScheduler _scheduler;
    private readonly CallGate _outgoing;
    private readonly MessageCompressor _compressor;

    // Guarded by the session's gate: numbers are given in the order in which calls are written.
    private ulong _nextId;

    // Holds those that must not overtake one another, first come, first served.
    private readonly SemaphoreSlim _inOrder = new(1, 1);

    public Multiplexer(TunnelSession session, TunnelOptions options, IStreamAcceptor acceptor)
    {
        TunnelLimits limits = options.Limits;
        _session = session;
        _streams = new StreamTable(session.Info.IsClient);
        _demultiplexer = new Demultiplexer(this, _streams, limits, session.Info.Features, acceptor);
        _compressor = new MessageCompressor(session.Info.Features, options.Compression);
        _parser = new FrameParser(_demultiplexer);
        _scheduler = new SendScheduler(session);
        _outgoing = new CallGate(session.Info.PeerLimits.MaxConcurrentCalls);
        Running = new RunningCalls(limits.MaxConcurrentCalls);
        _nextId = session.Info.IsClient ? 1u : 2u;
        OutgoingMessageLimit = Math.Min(limits.MaxMessageSize, session.Info.PeerLimits.MaxMessageSize);
    }

    /// <summary>The most bytes of a message that this side may send and the peer takes.</summary>
    public int OutgoingMessageLimit { get; }

    /// <summary>The window that the peer gives a stream at its start.</summary>
    public int InitialSendWindow => _session.Info.PeerLimits.StreamWindow;

    public ulong LastAcceptedStream => _demultiplexer.HighestPeerId;

    /// <summary>Calls of the peer that still run.</summary>
    public RunningCalls Running { get; }

    /// <summary>Calls of either side that are not over.</summary>
    public int OpenStreams => _streams.Count;

    /// <summary>Calls of this side that take of the peer's room, one-way ones that it has not reported among them.</summary>
    public int OutgoingCalls => _outgoing.Open;

    /// <summary>Calls of this side that wait for the peer's room.</summary>
    public int WaitingCalls => _outgoing.Waiters;

    /// <summary>Messages that wait for room.</summary>
    public int QueuedMessages => _scheduler.Queued;

    /// <summary>Whether nothing else is under way, so that writing in the caller's own frame is the quickest.</summary>
    private bool IsAlone => _outgoing.Answered + Running.Count <= 1;

    /// <summary>
    /// Opens a call whose message fits a frame, if it need not wait for anything: the usual case, without an allocation.
    /// On true the stream is in the table and may complete at any moment.
    /// </summary>
    /// <exception cref="TunnelException">The session has ended.</exception>
    public bool TryOpen(TunnelStream stream, FrameFlags flags, ReadOnlySpan<byte> body)
    {
        if (body.Length > Frame.FragmentSize || !_session.HasReplayRoom || !_outgoing.TryEnter())
        {
            return false;
        }

        _outgoing.Hold(flags);
        byte[] rented = _compressor.Compress(ref body, ref flags);
        try
        {
            WriteOpening(stream, FrameType.Call, flags, body);
        }
        finally
        {
            MessageCompressor.Return(rented);
        }

        return true;
    }

    /// <summary>Opens a call that others of its kind must not overtake: they wait until its message is sent.</summary>
    /// <exception cref="TunnelException">The session has ended.</exception>
    public async ValueTask OpenInOrderAsync(TunnelStream stream, FrameFlags flags, ReadOnlyMemory<byte> body, CancellationToken cancellationToken, SendTurn? turn = null)
    {
        await _inOrder.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!TryOpen(stream, flags, body.Span))
            {
                await OpenAsync(stream, flags, body, cancellationToken, turn).ConfigureAwait(false);
            }
        }
        finally
        {
            _inOrder.Release();
        }
    }

    /// <summary>Opens a call, waiting for the peer's limit of calls and for room as needed, in fragments if it is large.</summary>
    /// <exception cref="TunnelException">The session has ended.</exception>
    public async ValueTask OpenAsync(
        TunnelStream stream, FrameFlags flags, ReadOnlyMemory<byte> body, CancellationToken cancellationToken, SendTurn? turn = null, bool nested = false)
    {
        if (!nested || !_outgoing.TryEnterNested())
        {
            await _outgoing.EnterAsync(cancellationToken).ConfigureAwait(false);
        }

        turn ??= new SendTurn();
        bool opened = false;
        byte[] rented = _compressor.Compress(ref body, ref flags);
        try
        {
            int first = Math.Min(body.Length, Frame.FragmentSize);
            await TakeTurnAsync(turn, first, cancellationToken).ConfigureAwait(false);
            bool whole = first == body.Length;
            try
            {
                opened = true;
                _outgoing.Hold(flags);
                WriteOpening(stream, whole ? FrameType.Call : FrameType.Part, whole ? flags : FrameFlags.None, body.Span[..first]);
            }
            finally
            {
                _scheduler.Written(first);
            }

            if (!whole)
            {
                bool sent = await SendPiecesAsync(stream, turn, FrameType.Call, flags, body[first..], cancellationToken).ConfigureAwait(false);
                if ((flags & FrameFlags.OneWay) != 0)
                {
                    if (!sent)
                    {
                        throw NotSent();
                    }

                    // It keeps its room until the peer says that it is over.
                    _streams.TryRemove(stream);
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

    /// <summary>Sends a message of an open stream, waiting for its turns, in fragments if it is large. False once the stream is closed: then nothing is sent.</summary>
    public ValueTask<bool> SendAsync(
        TunnelStream stream, SendTurn turn, FrameType type, FrameFlags flags, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        return _compressor.IsFor(body.Length)
            ? SendCompressedAsync(stream, turn, type, flags, body, cancellationToken)
            : SendPiecesAsync(stream, turn, type, flags, body, cancellationToken);
    }

    private async ValueTask<bool> SendCompressedAsync(
        TunnelStream stream, SendTurn turn, FrameType type, FrameFlags flags, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        byte[] rented = Compress(type, ref flags, ref body);
        try
        {
            return await SendPiecesAsync(stream, turn, type, flags, body, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            MessageCompressor.Return(rented);
        }
    }

    /// <summary>END does not come in parts, and is sent as it is.</summary>
    private byte[] Compress(FrameType type, ref FrameFlags flags, ref ReadOnlyMemory<byte> body) =>
        type == FrameType.End ? [] : _compressor.Compress(ref body, ref flags);

    private async ValueTask<bool> SendPiecesAsync(
        TunnelStream stream, SendTurn turn, FrameType type, FrameFlags flags, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        while (true)
        {
            int count = Math.Min(body.Length, Frame.FragmentSize);
            bool last = count == body.Length;
            await TakeTurnAsync(turn, Math.Max(count, 1), cancellationToken).ConfigureAwait(false);
            try
            {
                if (!IsOpen(stream))
                {
                    return false;
                }

                WriteFrame(stream.Id, last ? type : FrameType.Part, last ? flags : FrameFlags.None, body.Span[..count]);
            }
            finally
            {
                _scheduler.Written(Math.Max(count, 1));
            }

            if (last)
            {
                return true;
            }

            body = body[count..];
        }
    }

    /// <summary>
    /// Ends a call of the peer with REPLY or END, at once where the message fits a frame and there is room. Nothing is sent
    /// when the peer has cancelled it. False when somebody else has ended it, and may still hold it.
    /// </summary>
    /// <param name="stream">The call.</param>
    /// <param name="turn">Its turn; null for one of the usual priority.</param>
    /// <param name="type">REPLY or END.</param>
    /// <param name="flags">The frame's flags.</param>
    /// <param name="body">The answer.</param>
    /// <param name="ended">Cancelled some time after somebody else has ended the call: the answer need not wait for its turn then.</param>
    public async ValueTask<bool> FinishAsync(
        TunnelStream stream, SendTurn? turn, FrameType type, FrameFlags flags, ReadOnlyMemory<byte> body, CancellationToken ended)
    {
        byte[] rented = Compress(type, ref flags, ref body);
        try
        {
            if (body.Length > Frame.FragmentSize || !_session.HasReplayRoom)
            {
                return IsOpen(stream)
                    && await SendPiecesAsync(stream, turn ?? new SendTurn(), type, flags, body, ended).ConfigureAwait(false)
                    && TryRemove(stream);
            }

            if (!TryRemove(stream))
            {
                return false;
            }

            WriteFrame(stream.Id, type, flags, body.Span);
            return true;
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            return false;
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
        if (bytes > 0 && IsOpen(stream))
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
    public void ReleaseCall(bool isOneWay, bool abandoned = false, bool nested = false)
    {
        Running.Remove(abandoned, nested);
        if (isOneWay)
        {
            ReportOneWay();
        }
    }

    /// <summary>
    /// A one-way call of the peer is over, or never ran: now and then the peer is told of how many, so that it has no more of them
    /// under way than may run here.
    /// </summary>
    public void ReportOneWay()
    {
        if (Running.EndOneWay() is var ended and > 0)
        {
            Span<byte> body = stackalloc byte[VarInt.MaxSize];
            WriteControl(0, FrameType.Credit, body[..VarInt.Write(body, (ulong)ended)]);
        }
    }

    /// <summary>The peer says that so many one-way calls of this side are over; false when there are not that many.</summary>
    public bool TryEndOneWays(ulong count) => _outgoing.TryEndOneWays(count);

    /// <summary>Whether the call is still open.</summary>
    public bool IsOpen(TunnelStream stream) => _streams.Contains(stream);

    /// <summary>Whether this side has given a stream this number.</summary>
    public bool HasOpened(ulong id)
    {
        lock (_session.Gate)
        {
            return id != 0 && !_streams.IsPeers(id) && id < _nextId;
        }
    }

    /// <summary>Takes a call out of the table: true for the one who completes it.</summary>
    public bool TryRemove(TunnelStream stream)
    {
        if (!_streams.TryRemove(stream))
        {
            return false;
        }

        stream.SendWindow?.Close();
        if (!_streams.IsPeers(stream.Id))
        {
            _outgoing.Exit();
        }

        return true;
    }

    /// <summary>Answers a call that never ran, or that runs no longer for its caller, with a failure; never waits.</summary>
    public void Refuse(ulong id, TunnelStatus status, string message, FrameType type = FrameType.Reply)
    {
        MessageBuffer buffer = MessageBuffer.Rent(OutgoingMessageLimit);
        try
        {
            FailureBody.Write(buffer, OutgoingMessageLimit, status, message, null);
            WriteControl(id, type, buffer.WrittenSpan);
        }
        finally
        {
            buffer.Return();
        }
    }

    void ISessionSink.OnData(ReadOnlySpan<byte> data) => _parser.Parse(data);

    void ISessionSink.OnRoom() => _scheduler.Grant();

    void ISessionSink.OnEnded(TunnelException error)
    {
        IReadOnlyList<TunnelStream> streams = _streams.Close(error);
        _outgoing.Fail(error);
        _scheduler.Fail(error);
        foreach (TunnelStream stream in streams)
        {
            stream.SendWindow?.Close();
            stream.OnLost(error);
        }
    }

    private async ValueTask TakeTurnAsync(SendTurn turn, int bytes, CancellationToken cancellationToken)
    {
        ValueTask wait = _scheduler.AcquireAsync(turn, bytes);
        if (wait.IsCompletedSuccessfully)
        {
            await wait.ConfigureAwait(false);
            return;
        }

        using (cancellationToken.UnsafeRegister(
            static (state, token) =>
            {
                var (scheduler, turn) = ((SendScheduler, SendTurn))state!;
                scheduler.Cancel(turn, new OperationCanceledException(token));
            },
            (_scheduler, turn)))
        {
            await wait.ConfigureAwait(false);
        }
    }

    private static TunnelException NotSent() => new(TunnelStatus.Unavailable, "The tunnel is closing: the call was not sent.");

    private void WriteOpening(TunnelStream stream, FrameType type, FrameFlags flags, ReadOnlySpan<byte> body)
    {
        Span<byte> head = stackalloc byte[Frame.MaxHeadSize];
        bool flush;
        lock (_session.Gate)
        {
            stream.Id = _nextId;
            _nextId += 2;
            bool answered = (flags & FrameFlags.OneWay) == 0 || type == FrameType.Part;
            if (answered && !_streams.TryAdd(stream, out TunnelException? lost))
            {
                _outgoing.Exit();
                throw lost;
            }

            int size = Frame.WriteHead(head, type, flags, stream.Id, body.Length);
            bool written = _session.WriteLocked(head[..size]) && _session.WriteLocked(body);
            if (!written && !answered)
            {
                // A call in the table fails when the session's end comes; of this one nobody would ever tell.
                throw NotSent();
            }

            flush = written && _session.BeginFlushLocked();
        }

        if (flush)
        {
            _session.Flush(IsAlone);
        }
    }

    private void WriteFrame(ulong stream, FrameType type, FrameFlags flags, ReadOnlySpan<byte> body)
    {
        Span<byte> head = stackalloc byte[Frame.MaxHeadSize];
        int size = Frame.WriteHead(head, type, flags, stream, body.Length);
        bool flush;
        lock (_session.Gate)
        {
            flush = _session.WriteLocked(head[..size]) && _session.WriteLocked(body) && _session.BeginFlushLocked();
        }

        if (flush)
        {
            _session.Flush(IsAlone);
        }
    }
}
