using TunnelRpc.Sessions;

namespace TunnelRpc.Multiplexing;

/// <summary>
/// Carries the calls of both sides over one session: frames, stream numbers, credit, turns. Thread-safe for senders; the
/// session's reader calls the rest.
/// </summary>
/// <remarks>
/// A call ends when its answering side sends REPLY or END, or when its calling side sends CANCEL. Frames that come later for
/// it are dropped; frames for a stream that never was end the session. Lock order: the session's gate, then the table's.
/// </remarks>
internal sealed class Multiplexer : ISessionSink, IFrameHandler
{
    private readonly TunnelSession _session;
    private readonly IStreamAcceptor _acceptor;
    private readonly TunnelLimits _limits;
    private readonly SendScheduler _scheduler;
    private readonly FrameParser _parser;
    private readonly CallGate _outgoing;
    private readonly ulong _peerParity;

    // Guarded by the session's gate: numbers are given in the order in which calls are written.
    private ulong _nextId;

    private readonly Lock _tableGate = new();

    // Guarded by _tableGate.
    private readonly Dictionary<ulong, TunnelStream> _streams = [];
    private TunnelException? _lost;

    // The reader's.
    private readonly PartialMessages _partials;
    private ulong _highestPeerId;

    // Changed atomically.
    private int _running;

    public Multiplexer(TunnelSession session, TunnelLimits limits, IStreamAcceptor acceptor)
    {
        _session = session;
        _acceptor = acceptor;
        _limits = limits;
        _scheduler = new SendScheduler(session.HasRoom);
        _parser = new FrameParser(this);
        _partials = new PartialMessages(limits, id => Find(id) is not null);
        _outgoing = new CallGate(session.Info.PeerLimits.MaxConcurrentCalls);
        _nextId = session.Info.IsClient ? 1u : 2u;
        _peerParity = session.Info.IsClient ? 0u : 1u;
        OutgoingMessageLimit = Math.Min(limits.MaxMessageSize, session.Info.PeerLimits.MaxMessageSize);
    }

    /// <summary>The most bytes of a message that this side may send and the peer takes.</summary>
    public int OutgoingMessageLimit { get; }

    /// <summary>The window that the peer gives a stream at its start.</summary>
    public int InitialSendWindow => _session.Info.PeerLimits.StreamWindow;

    public ulong LastAcceptedStream => Volatile.Read(ref _highestPeerId);

    /// <summary>Calls of the peer that still run.</summary>
    public int RunningCalls => Volatile.Read(ref _running);

    /// <summary>Whether nothing else is under way, so that writing in the caller's own frame is the quickest.</summary>
    private bool IsAlone => _outgoing.Open + Volatile.Read(ref _running) <= 1;

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

        WriteOpening(stream, FrameType.Call, flags, body);
        return true;
    }

    /// <summary>Opens a call, waiting for the peer's limit of calls and for room as needed, in fragments if it is large.</summary>
    /// <exception cref="TunnelException">The session has ended.</exception>
    public async ValueTask OpenAsync(TunnelStream stream, FrameFlags flags, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        await _outgoing.EnterAsync(cancellationToken).ConfigureAwait(false);
        var turn = new SendTurn();
        bool opened = false;
        try
        {
            int first = Math.Min(body.Length, Frame.FragmentSize);
            await TakeTurnAsync(turn, first, cancellationToken).ConfigureAwait(false);
            bool whole = first == body.Length;
            try
            {
                opened = true;
                WriteOpening(stream, whole ? FrameType.Call : FrameType.Part, whole ? flags : FrameFlags.None, body.Span[..first]);
            }
            finally
            {
                _scheduler.Written(first);
            }

            if (!whole)
            {
                await SendAsync(stream, turn, FrameType.Call, flags, body[first..], cancellationToken).ConfigureAwait(false);
                if ((flags & FrameFlags.OneWay) != 0)
                {
                    TryRemove(stream);
                }
            }
        }
        catch
        {
            if (opened)
            {
                // Half sent, it must not stay open on either side.
                TryCancel(stream, TunnelStatus.Cancelled);
            }
            else
            {
                _outgoing.Exit();
            }

            throw;
        }
    }

    /// <summary>Sends a message of an open stream, waiting for its turns, in fragments if it is large. False once the stream is closed: then nothing is sent.</summary>
    public async ValueTask<bool> SendAsync(
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
    public async ValueTask<bool> FinishAsync(TunnelStream stream, FrameType type, ReadOnlyMemory<byte> body)
    {
        if (body.Length > Frame.FragmentSize || !_session.HasReplayRoom)
        {
            return await SendAsync(stream, new SendTurn(), type, FrameFlags.None, body, CancellationToken.None).ConfigureAwait(false)
                && TryRemove(stream);
        }

        if (!TryRemove(stream))
        {
            return false;
        }

        WriteFrame(stream.Id, type, FrameFlags.None, body.Span);
        return true;
    }

    /// <summary>Writes a frame that never waits: refusals, CANCEL, CREDIT, END. Bounded by MaxControlBacklog.</summary>
    public void WriteControl(ulong stream, FrameType type, ReadOnlySpan<byte> body)
    {
        WriteFrame(stream, type, FrameFlags.None, body);
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
        lock (_tableGate)
        {
            // After the end the table stays empty; the call finds out when it replies.
            if (_lost is null)
            {
                _streams.Add(id, stream);
                return;
            }
        }

        stream.OnLost(_lost);
    }

    /// <summary>Ends a call of the peer that wants no answer. False when somebody else has ended it, and may still hold it.</summary>
    public bool Forget(TunnelStream stream) => TryRemove(stream);

    /// <summary>A call of the peer no longer runs.</summary>
    public void ReleaseCall() => Interlocked.Decrement(ref _running);

    /// <summary>Whether the call is still open.</summary>
    public bool IsOpen(TunnelStream stream)
    {
        lock (_tableGate)
        {
            return _streams.TryGetValue(stream.Id, out TunnelStream? found) && ReferenceEquals(found, stream);
        }
    }

    void ISessionSink.OnData(ReadOnlySpan<byte> data) => _parser.Parse(data);

    void ISessionSink.OnRoom() => _scheduler.Grant();

    void ISessionSink.OnEnded(TunnelException error)
    {
        TunnelStream[] streams;
        lock (_tableGate)
        {
            _lost = error;
            streams = [.. _streams.Values];
            _streams.Clear();
        }

        _outgoing.Fail(error);
        _scheduler.Fail(error);
        foreach (TunnelStream stream in streams)
        {
            stream.SendWindow?.Close();
            stream.OnLost(error);
        }
    }

    void IFrameHandler.OnFrame(FrameType type, FrameFlags flags, ulong stream, ReadOnlySpan<byte> body)
    {
        switch (type)
        {
            case FrameType.Part:
                OnPart(stream, body);
                break;
            case FrameType.Call:
                OnCall(stream, flags, body);
                break;
            case FrameType.Reply:
                OnReply(stream, flags, body);
                break;
            case FrameType.Item:
                OnItem(stream, body);
                break;
            case FrameType.End:
                OnEnd(stream, body);
                break;
            case FrameType.Cancel:
                OnCancel(stream, body);
                break;
            case FrameType.Credit:
                OnCredit(stream, body);
                break;
            default:
                throw new TunnelProtocolException($"Expected a frame of type 1 to 8 that was agreed on, got type {(byte)type}.");
        }
    }

    private void OnPart(ulong id, ReadOnlySpan<byte> body)
    {
        bool opens = IsPeers(id) && id > _highestPeerId;
        if (opens)
        {
            _highestPeerId = id;
        }
        else if (!_partials.IsOpening(id))
        {
            if (Find(id) is not TunnelStream stream)
            {
                CheckWasOpen(id, FrameType.Part);
                _partials.Drop(id);
                return;
            }

            stream.ReceiveWindow?.OnReceived(body.Length, startsMessage: !_partials.Contains(id));
        }

        _partials.Append(id, body, opens);
    }

    /// <summary>The whole message that ends with <paramref name="last"/>; the parts it came in, if any, are to be disposed after use.</summary>
    private ReadOnlySpan<byte> Assemble(ulong id, FrameType type, ReadOnlySpan<byte> last, out PartialMessage? partial)
    {
        partial = _partials.Complete(id, type, last);
        return partial is null ? last : partial.Bytes;
    }

    private void OnCall(ulong id, FrameFlags flags, ReadOnlySpan<byte> body)
    {
        ReadOnlySpan<byte> message = Assemble(id, FrameType.Call, body, out PartialMessage? partial);
        using (partial)
        {
            if (partial is null)
            {
                if (!IsPeers(id) || id <= _highestPeerId)
                {
                    throw new TunnelProtocolException($"Expected CALL on a stream of the peer above {_highestPeerId}, got it on {id}.");
                }

                _highestPeerId = id;
            }

            if (Interlocked.Increment(ref _running) > _limits.MaxConcurrentCalls)
            {
                ReleaseCall();
                if ((flags & FrameFlags.OneWay) == 0)
                {
                    Refuse(id, TunnelStatus.ResourceExhausted, $"The peer runs {_limits.MaxConcurrentCalls} calls of this session at once (its limit MaxConcurrentCalls). Cancelled calls count until their work has stopped.");
                }

                return;
            }

            _acceptor.OnCall(id, flags, message);
        }
    }

    /// <summary>Answers a call that never ran.</summary>
    public void Refuse(ulong id, TunnelStatus status, string message)
    {
        MessageBuffer buffer = MessageBuffer.Rent(int.MaxValue);
        try
        {
            FailureBody.Write(buffer, status, message, null);
            WriteControl(id, FrameType.Reply, buffer.WrittenSpan);
        }
        finally
        {
            buffer.Return();
        }
    }

    private void OnReply(ulong id, FrameFlags flags, ReadOnlySpan<byte> body)
    {
        ReadOnlySpan<byte> message = Assemble(id, FrameType.Reply, body, out PartialMessage? partial);
        using (partial)
        {
            if (Find(id) is not TunnelStream stream)
            {
                CheckWasOpen(id, FrameType.Reply);
            }
            else if (IsPeers(id))
            {
                throw new TunnelProtocolException($"Expected REPLY on a stream of this side, got it on the peer's {id}.");
            }
            else if (TryRemove(stream))
            {
                stream.OnReply(flags, message);
            }
        }
    }

    private void OnItem(ulong id, ReadOnlySpan<byte> body)
    {
        ReadOnlySpan<byte> message = Assemble(id, FrameType.Item, body, out PartialMessage? partial);
        using (partial)
        {
            if (Find(id) is not TunnelStream stream)
            {
                CheckWasOpen(id, FrameType.Item);
                return;
            }

            stream.ReceiveWindow?.OnReceived(body.Length, startsMessage: partial is null);
            stream.OnItems(message);
        }
    }

    private void OnEnd(ulong id, ReadOnlySpan<byte> body)
    {
        _partials.Drop(id);
        if (Find(id) is not TunnelStream stream)
        {
            CheckWasOpen(id, FrameType.End);
        }
        else if (stream.OnEnd(body))
        {
            TryRemove(stream);
        }
    }

    private void OnCancel(ulong id, ReadOnlySpan<byte> body)
    {
        if (body.Length != 1)
        {
            throw new TunnelProtocolException($"Expected CANCEL with a body of 1 byte, got {body.Length}.");
        }

        // A caller may give up a call that it has half sent.
        _partials.Drop(id);
        if (Find(id) is not TunnelStream stream)
        {
            CheckWasOpen(id, FrameType.Cancel);
        }
        else if (!IsPeers(id))
        {
            throw new TunnelProtocolException($"Expected CANCEL on a stream of the peer, got it on this side's {id}: a call is ended by its answer.");
        }
        else if (TryRemove(stream))
        {
            stream.OnCancel(StatusByte.ReadFailure(body[0]));
        }
    }

    private void OnCredit(ulong id, ReadOnlySpan<byte> body)
    {
        if (!VarInt.TryRead(body, out ulong bytes, out int size) || size != body.Length)
        {
            throw new TunnelProtocolException($"Expected CREDIT with one varint, got {body.Length} other bytes.");
        }

        if (Find(id) is not TunnelStream stream)
        {
            CheckWasOpen(id, FrameType.Credit);
        }
        else if (stream.SendWindow is null)
        {
            throw new TunnelProtocolException($"Expected no CREDIT on stream {id}, on which this side sends no elements, got some.");
        }
        else
        {
            stream.SendWindow.Add(bytes);
        }
    }

    /// <summary>Late frames of an ended stream are harmless; frames of one that never was are not.</summary>
    private void CheckWasOpen(ulong id, FrameType type)
    {
        bool was = IsPeers(id) ? id <= _highestPeerId : id != 0 && id < ReadNextId();
        if (!was)
        {
            throw new TunnelProtocolException($"Expected {type} on a stream that was opened, got it on {id}.");
        }
    }

    private ulong ReadNextId()
    {
        lock (_session.Gate)
        {
            return _nextId;
        }
    }

    private bool IsPeers(ulong id) => id != 0 && (id & 1) == _peerParity;

    private TunnelStream? Find(ulong id)
    {
        lock (_tableGate)
        {
            return _streams.GetValueOrDefault(id);
        }
    }

    private bool TryRemove(TunnelStream stream)
    {
        lock (_tableGate)
        {
            if (!_streams.TryGetValue(stream.Id, out TunnelStream? found) || !ReferenceEquals(found, stream))
            {
                return false;
            }

            _streams.Remove(stream.Id);
        }

        stream.SendWindow?.Close();
        if (!IsPeers(stream.Id))
        {
            _outgoing.Exit();
        }

        return true;
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

    private void WriteOpening(TunnelStream stream, FrameType type, FrameFlags flags, ReadOnlySpan<byte> body)
    {
        Span<byte> head = stackalloc byte[Frame.MaxHeadSize];
        bool flush;
        lock (_session.Gate)
        {
            stream.Id = _nextId;
            _nextId += 2;
            bool answered = (flags & FrameFlags.OneWay) == 0 || type == FrameType.Part;
            if (!answered)
            {
                _outgoing.Exit();
            }

            lock (_tableGate)
            {
                if (_lost is not null)
                {
                    if (answered)
                    {
                        _outgoing.Exit();
                    }

                    throw _lost;
                }

                if (answered)
                {
                    _streams.Add(stream.Id, stream);
                }
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
