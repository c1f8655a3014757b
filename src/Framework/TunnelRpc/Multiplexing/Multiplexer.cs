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
    private readonly int _maxRunning;

    // Guarded by the session's gate: numbers are given in the order in which calls are written.
    private ulong _nextId;

    // Holds those that must not overtake one another, first come, first served.
    private readonly SemaphoreSlim _inOrder = new(1, 1);

    // Changed atomically.
    private int _running;

    // Changed atomically: one-way calls of this side that the peer has not said are over; each keeps its room in _outgoing.
    private int _oneWays;

    // Changed atomically: one-way calls of the peer that are over, and that it was not told of.
    private int _endedOneWays;

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
        _maxRunning = limits.MaxConcurrentCalls;
        _nextId = session.Info.IsClient ? 1u : 2u;
        OutgoingMessageLimit = Math.Min(limits.MaxMessageSize, session.Info.PeerLimits.MaxMessageSize);
    }

    /// <summary>The most bytes of a message that this side may send and the peer takes.</summary>
    public int OutgoingMessageLimit { get; }

    /// <summary>The window that the peer gives a stream at its start.</summary>
    public int InitialSendWindow => _session.Info.PeerLimits.StreamWindow;

    public ulong LastAcceptedStream => _demultiplexer.HighestPeerId;

    /// <summary>Calls of the peer that still run.</summary>
    public int RunningCalls => Volatile.Read(ref _running);

    /// <summary>Whether nothing else is under way, so that writing in the caller's own frame is the quickest.</summary>
    private bool IsAlone => _outgoing.Open - Volatile.Read(ref _oneWays) + Volatile.Read(ref _running) <= 1;

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

        CountOneWay(flags);
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
                CountOneWay(flags);
                WriteOpening(stream, whole ? FrameType.Call : FrameType.Part, whole ? flags : FrameFlags.None, body.Span[..first]);
            }
            finally
            {
                _scheduler.Written(first);
            }

            if (!whole)
            {
                await SendPiecesAsync(stream, turn, FrameType.Call, flags, body[first..], cancellationToken).ConfigureAwait(false);
                if ((flags & FrameFlags.OneWay) != 0)
                {
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
                if (TryCancel(stream, TunnelStatus.Cancelled) && (flags & FrameFlags.OneWay) != 0)
                {
                    Interlocked.Decrement(ref _oneWays);
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
    public async ValueTask<bool> FinishAsync(TunnelStream stream, SendTurn? turn, FrameType type, FrameFlags flags, ReadOnlyMemory<byte> body)
    {
        byte[] rented = Compress(type, ref flags, ref body);
        try
        {
            if (body.Length > Frame.FragmentSize || !_session.HasReplayRoom)
            {
                return await SendPiecesAsync(stream, turn ?? new SendTurn(), type, flags, body, CancellationToken.None).ConfigureAwait(false)
                    && TryRemove(stream);
            }

            if (!TryRemove(stream))
            {
                return false;
            }

            WriteFrame(stream.Id, type, flags, body.Span);
            return true;
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

    /// <summary>Whether more calls of the peer run than it may begin, but for those nested in others.</summary>
    public bool IsOverLimit => RunningCalls > _maxRunning;

    /// <summary>Counts a call of the peer that begins to run; false when that would be one too many.</summary>
    /// <param name="mayBeNested">Whether it may be nested in one that runs: of these there may be as many again.</param>
    public bool TryCountCall(bool mayBeNested)
    {
        if (Interlocked.Increment(ref _running) <= (mayBeNested ? 2L * _maxRunning : _maxRunning))
        {
            return true;
        }

        Interlocked.Decrement(ref _running);
        return false;
    }

    /// <summary>A call of the peer no longer runs.</summary>
    public void ReleaseCall(bool isOneWay)
    {
        Interlocked.Decrement(ref _running);
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
        if (Interlocked.Increment(ref _endedOneWays) >= Math.Max(1, _maxRunning / 4) && Interlocked.Exchange(ref _endedOneWays, 0) is var ended and > 0)
        {
            Span<byte> body = stackalloc byte[VarInt.MaxSize];
            WriteControl(0, FrameType.Credit, body[..VarInt.Write(body, (ulong)ended)]);
        }
    }

    /// <summary>The peer says that so many one-way calls of this side are over; false when there are not that many.</summary>
    public bool TryEndOneWays(ulong count)
    {
        if (count == 0 || count > (ulong)Volatile.Read(ref _oneWays))
        {
            return false;
        }

        Interlocked.Add(ref _oneWays, -(int)count);
        for (ulong i = 0; i < count; i++)
        {
            _outgoing.Exit();
        }

        return true;
    }

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

    private void CountOneWay(FrameFlags flags)
    {
        if ((flags & FrameFlags.OneWay) != 0)
        {
            Interlocked.Increment(ref _oneWays);
        }
    }

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
                throw new TunnelException(TunnelStatus.Unavailable, "The tunnel is closing: the call was not sent.");
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
