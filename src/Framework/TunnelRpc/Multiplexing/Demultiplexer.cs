using System.Text;
using TunnelRpc.Accounting;
using TunnelRpc.Sessions;

namespace TunnelRpc.Multiplexing;

/// <summary>
/// Takes the frames of the peer: puts messages together from their parts, and gives each to its call. Checks what the peer
/// may send when. The reader's; it never waits.
/// </summary>
/// <remarks>
/// A call ends when its answering side sends REPLY or END, or when its calling side sends CANCEL. Frames that come later for
/// it are dropped; frames for a stream that never was end the session.
/// </remarks>
internal sealed class Demultiplexer(Multiplexer multiplexer, StreamTable streams, TunnelLimits limits, SessionFeatures features, IStreamAcceptor acceptor, MemoryAccount memory) : IFrameHandler
{
    // The reader's; made with the first message that comes in parts.
    private PartialMessages? _partials;

    // The reader's: the highest stream that the peer opened.
    private ulong _highestPeerId;

    // The reader's: the highest stream that the peer had opened when it said DRAIN; null before.
    private ulong? _drainedBehind;

    // Changed atomically: the highest stream of the peer whose call was accepted, or may be; its sign says that no more are.
    private long _accepted;

    /// <summary>No further call of the peer is accepted. Gives the highest stream that was.</summary>
    public ulong StopAccepting() => (ulong)(Interlocked.Or(ref _accepted, long.MinValue) & long.MaxValue);

    /// <summary>Gives back what has come in part; once the reader has stopped.</summary>
    public void Release() => _partials?.Release();

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
                OnItem(stream, flags, body);
                break;
            case FrameType.End:
                OnEnd(stream, flags, body);
                break;
            case FrameType.Cancel:
                OnCancel(stream, body);
                break;
            case FrameType.Credit:
                OnCredit(stream, body);
                break;
            case FrameType.Reference:
                OnReference(stream, body);
                break;
            case FrameType.Drain:
                OnDrain(stream, body);
                break;
            default:
                throw new TunnelProtocolException($"Expected a frame of type 1 to 10 that was agreed on, got type {(byte)type}.");
        }
    }

    /// <summary>Whether the peer opened a stream of its own though it had said DRAIN; on the reader.</summary>
    public bool IsBehindDrain(ulong id) => id > _drainedBehind;

    private void OnDrain(ulong id, ReadOnlySpan<byte> body)
    {
        if (id != 0 || body.Length > Multiplexer.MaxDrainReason)
        {
            throw new TunnelProtocolException($"Expected DRAIN on stream 0 with a reason of at most {Multiplexer.MaxDrainReason} bytes, got it on {id} with {body.Length}.");
        }

        if (_drainedBehind is not null)
        {
            throw new TunnelProtocolException("Expected one DRAIN, got another.");
        }

        _drainedBehind = _highestPeerId;
        multiplexer.OnPeerDrains(Encoding.UTF8.GetString(body));
    }

    private void OnPart(ulong id, ReadOnlySpan<byte> body)
    {
        bool opens = streams.IsPeers(id) && id > _highestPeerId;
        int expected = 0;
        if (opens)
        {
            _highestPeerId = id;
        }
        else if (_partials?.IsOpening(id) != true)
        {
            if (streams.Find(id) is not TunnelStream stream)
            {
                CheckWasOpen(id, FrameType.Part);
                _partials?.Drop(id);
                return;
            }

            if (stream.ReceiveWindow is { } window)
            {
                window.OnReceived(body.Length, startsMessage: _partials?.Contains(id) != true);
                expected = window.LastLength;
            }
        }

        _partials ??= new PartialMessages(limits, stream => streams.Find(stream) is not null, memory);
        _partials.Append(id, body, opens, expected);
    }

    /// <summary>The whole message that ends with <paramref name="last"/>; the parts it came in, if any, are to be disposed after use.</summary>
    private ReadOnlySpan<byte> Assemble(ulong id, FrameType type, ReadOnlySpan<byte> last, out PartialMessage? partial)
    {
        partial = _partials?.Complete(id, type, last);
        if (partial is not null)
        {
            return partial.Bytes;
        }

        return last.Length <= limits.MaxMessageSize
            ? last
            : throw new TunnelProtocolException($"Expected a message of at most {limits.MaxMessageSize} bytes (limit MaxMessageSize), got one of {last.Length} on stream {id}.");
    }

    /// <summary>
    /// Decompresses a message whose call is there to take it. On the reader, as decoding is: the order of calls and elements is
    /// the order of the peer, and a peer that sends what is dear to decompress holds up nobody's session but its own.
    /// </summary>
    private PlainMessage Open(ulong id, FrameFlags flags, ReadOnlySpan<byte> message)
    {
        CheckAgreed(id, flags);
        return PlainMessage.Of(flags, message, limits.MaxMessageSize);
    }

    private void CheckAgreed(ulong id, FrameFlags flags)
    {
        if ((flags & FrameFlags.Compressed) != 0 && (features & SessionFeatures.Brotli) == 0)
        {
            throw new TunnelProtocolException($"Expected no compressed message, since the handshake agreed on none, got one on stream {id}.");
        }
    }

    private void OnCall(ulong id, FrameFlags flags, ReadOnlySpan<byte> body)
    {
        ReadOnlySpan<byte> message = Assemble(id, FrameType.Call, body, out PartialMessage? partial);
        using (partial)
        {
            if (partial is null)
            {
                if (!streams.IsPeers(id) || id <= _highestPeerId)
                {
                    throw new TunnelProtocolException($"Expected CALL on a stream of the peer above {_highestPeerId}, got it on {id}.");
                }

                _highestPeerId = id;
            }

            if (!TryAccept(id))
            {
                // The peer is told by CLOSE that it has not run.
                return;
            }

            if (!multiplexer.Running.TryAdd(mayBeNested: (flags & FrameFlags.Metadata) != 0))
            {
                if ((flags & FrameFlags.OneWay) == 0)
                {
                    multiplexer.Refuse(id, TunnelStatus.ResourceExhausted, TooManyCalls(limits.MaxConcurrentCalls));
                }
                else
                {
                    multiplexer.ReportOneWay();
                }

                return;
            }

            using PlainMessage plain = Open(id, flags, message);
            if (plain.Error is null)
            {
                acceptor.OnCall(id, flags, plain.Bytes);
            }
            else
            {
                acceptor.OnUnreadableCall(id, flags, plain.Error);
            }
        }
    }

    private bool TryAccept(ulong id)
    {
        long before = Volatile.Read(ref _accepted);
        return (long)id <= (before & long.MaxValue) || (before >= 0 && Interlocked.CompareExchange(ref _accepted, (long)id, before) == before);
    }

    /// <summary>What a call is refused with that is one too many.</summary>
    public static string TooManyCalls(int limit) =>
        $"The peer runs {limit} calls of this session at once (its limit MaxConcurrentCalls). Cancelled calls whose work goes on count where there are more of them than that.";

    private void OnReply(ulong id, FrameFlags flags, ReadOnlySpan<byte> body)
    {
        ReadOnlySpan<byte> message = Assemble(id, FrameType.Reply, body, out PartialMessage? partial);
        using (partial)
        {
            if (streams.Find(id) is not TunnelStream stream)
            {
                CheckWasOpen(id, FrameType.Reply);
            }
            else if (streams.IsPeers(id))
            {
                throw new TunnelProtocolException($"Expected REPLY on a stream of this side, got it on the peer's {id}.");
            }
            else
            {
                // First: what ends the session must find the call in the table, or nobody tells it.
                CheckAgreed(id, flags);
                if (multiplexer.TryRemove(stream, id))
                {
                    using PlainMessage plain = Open(id, flags, message);
                    if (plain.Error is null)
                    {
                        stream.OnReply(flags, plain.Bytes);
                    }
                    else
                    {
                        stream.OnLost(CallFailure.Answered(plain.Error));
                    }
                }
            }
        }
    }

    private void OnItem(ulong id, FrameFlags flags, ReadOnlySpan<byte> body)
    {
        ReadOnlySpan<byte> message = Assemble(id, FrameType.Item, body, out PartialMessage? partial);
        using (partial)
        {
            if (streams.Find(id) is not TunnelStream stream)
            {
                CheckWasOpen(id, FrameType.Item);
                return;
            }

            if (stream.ReceiveWindow is null)
            {
                // Before anything is done for it: calls without elements are used again, for whatever session.
                throw TunnelStream.NoItems(id);
            }

            stream.ReceiveWindow.OnReceived(body.Length, startsMessage: partial is null);
            stream.ReceiveWindow.LastLength = message.Length;
            using PlainMessage plain = Open(id, flags, message);
            if (plain.Error is null)
            {
                if ((flags & FrameFlags.Compressed) != 0)
                {
                    // Credit counts the plain bytes: those are what is held until the application has taken them.
                    stream.ReceiveWindow.OnReceived(plain.Bytes.Length - message.Length, startsMessage: false);
                }

                if (memory.IsOverCallLimit && stream.ReceiveWindow.IsInTheWay(streams.Count))
                {
                    EndStream(stream, stream.ReceiveWindow.NoRoom());
                    return;
                }

                stream.OnItems(plain.Bytes);
            }
            else
            {
                EndStream(stream, plain.Error);
            }
        }
    }

    /// <summary>Ends a call, on both sides, whose elements cannot be taken.</summary>
    private void EndStream(TunnelStream stream, TunnelException error)
    {
        if (streams.IsPeers(stream.Id))
        {
            stream.OnUnreadable(error);
        }
        else if (multiplexer.TryCancel(stream, TunnelStatus.Cancelled))
        {
            stream.OnLost(CallFailure.Answered(error));
        }
    }

    private void OnEnd(ulong id, FrameFlags flags, ReadOnlySpan<byte> body)
    {
        _partials?.Drop(id);
        if (streams.Find(id) is not TunnelStream stream)
        {
            CheckWasOpen(id, FrameType.End);
        }
        else if (stream.OnEnd(flags, body))
        {
            multiplexer.TryRemove(stream, id);
        }
    }

    private void OnCancel(ulong id, ReadOnlySpan<byte> body)
    {
        if (body.Length != 1)
        {
            throw new TunnelProtocolException($"Expected CANCEL with a body of 1 byte, got {body.Length}.");
        }

        // A caller may give up a call that it has half sent.
        _partials?.Drop(id);
        if (streams.Find(id) is not TunnelStream stream)
        {
            CheckWasOpen(id, FrameType.Cancel);
            acceptor.OnLateCancel(id);
        }
        else if (!streams.IsPeers(id))
        {
            throw new TunnelProtocolException($"Expected CANCEL on a stream of the peer, got it on this side's {id}: a call is ended by its answer.");
        }
        else if (multiplexer.TryRemove(stream, id))
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

        if (id == 0)
        {
            if (!multiplexer.TryEndOneWays(bytes))
            {
                throw new TunnelProtocolException($"Expected CREDIT on stream 0 for one-way calls that were made, got it for {bytes}.");
            }
        }
        else if (streams.Find(id) is not TunnelStream stream)
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

    private void OnReference(ulong number, ReadOnlySpan<byte> body)
    {
        if (number is 0 or > long.MaxValue || body.Length != 1 || body[0] is not ((byte)ReferenceChange.Keep or (byte)ReferenceChange.Release))
        {
            throw new TunnelProtocolException($"Expected REFERENCE of a number above 0 with a body of 1 (keep) or 2 (release), got {body.Length} bytes for {number}.");
        }

        acceptor.OnReference((long)number, (ReferenceChange)body[0]);
    }

    /// <summary>Late frames of an ended stream are harmless; frames of one that never was are not.</summary>
    private void CheckWasOpen(ulong id, FrameType type)
    {
        bool was = streams.IsPeers(id) ? id <= _highestPeerId : multiplexer.HasOpened(id);
        if (!was)
        {
            throw new TunnelProtocolException($"Expected {type} on a stream that was opened, got it on {id}.");
        }
    }
}
