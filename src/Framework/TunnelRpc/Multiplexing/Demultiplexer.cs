using System.Text;
using TunnelRpc.Accounting;
using TunnelRpc.Sessions;

namespace TunnelRpc.Multiplexing;

/// <summary>
/// Handles the frames of the peer: reassembles messages, dispatches each to its call, and enforces the protocol. Called by the session's
/// reader; it never waits. Members that other threads may call say so.
/// </summary>
/// <remarks>
/// A call ends when the callee sends REPLY or END, or when the caller sends CANCEL. Later frames of its stream are dropped, as they may
/// have crossed on the way. A frame of a stream that was never opened ends the session.
/// </remarks>
internal sealed partial class Demultiplexer(
    Multiplexer multiplexer,
    StreamTable streams,
    TunnelLimits limits,
    SessionFeatures features,
    IStreamAcceptor acceptor,
    MemoryAccount memory)
    : IFrameHandler
{
    // Used by the reader only. Created with the first message that arrives in fragments.
    private MessageReassembler? _reassembler;

    // Used by the reader only: the highest stream id that the peer has opened.
    private ulong _highestPeerStreamId;

    // Used by the reader only: the value of _highestPeerStreamId when the peer sent DRAIN; null before.
    private ulong? _highestPeerStreamIdAtDrain;

    // Changed atomically: the highest stream id of the peer that was accepted. The sign bit is set once no more calls are accepted.
    private long _lastAcceptedStreamId;

    /// <summary>Stops accepting calls of the peer. Returns the highest stream id that was accepted. Thread-safe.</summary>
    public ulong StopAccepting() => (ulong)(Interlocked.Or(ref _lastAcceptedStreamId, long.MinValue) & long.MaxValue);

    /// <summary>Releases the memory of partial messages. Only after the reader has stopped.</summary>
    public void ReleaseBuffers() => _reassembler?.Release();

    void IFrameHandler.OnFrame(FrameType type, FrameFlags flags, ulong stream, ReadOnlySpan<byte> body)
    {
        switch (type)
        {
            case FrameType.Fragment:
                OnFragment(stream, body);
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
                OnCredit(stream, flags, body);
                break;
            case FrameType.Reference:
                OnReference(stream, body);
                break;
            case FrameType.Drain:
                OnDrain(stream, body);
                break;
            case FrameType.Blocked:
                OnBlocked(stream, body);
                break;
            default:
                throw new TunnelProtocolException($"Expected a frame of a known type (1 to 3 or 5 to 11), got type {(byte)type}.");
        }
    }

    /// <summary>Whether the peer opened this stream after its DRAIN.</summary>
    public bool IsAfterDrain(ulong id) => id > _highestPeerStreamIdAtDrain;

    private void OnDrain(ulong id, ReadOnlySpan<byte> body)
    {
        if (id != 0 || body.Length > Multiplexer.MaxDrainReasonBytes)
        {
            throw new TunnelProtocolException(
                $"Expected DRAIN on stream 0 with a reason of at most {Multiplexer.MaxDrainReasonBytes} bytes, "
                + $"got it on stream {id} with {body.Length} bytes.");
        }

        if (_highestPeerStreamIdAtDrain is not null)
        {
            throw new TunnelProtocolException("Expected one DRAIN, got another.");
        }

        _highestPeerStreamIdAtDrain = _highestPeerStreamId;
        multiplexer.OnPeerDraining(ForeignText.Escape(Encoding.UTF8.GetString(body)));
    }

    private void OnFragment(ulong id, ReadOnlySpan<byte> body)
    {
        bool opens = streams.IsPeerInitiated(id) && id > _highestPeerStreamId;
        int expected = 0;
        if (opens)
        {
            _highestPeerStreamId = id;
        }
        else if (_reassembler?.IsPartialCall(id) != true)
        {
            if (streams.Find(id) is not TunnelStream stream)
            {
                CheckWasOpened(id, FrameType.Fragment);
                _reassembler?.Discard(id);
                return;
            }

            if (stream.ReceiveWindow is { } window)
            {
                window.OnReceived(body.Length, startsMessage: _reassembler?.Contains(id) != true);
                expected = window.LastMessageSize;
            }
        }

        _reassembler ??= new MessageReassembler(limits, stream => streams.Find(stream) is not null, memory);
        _reassembler.Append(id, body, opens, expected);
    }

    /// <summary>
    /// Returns the complete message that ends with <paramref name="lastFragment"/>. The caller disposes <paramref name="partial"/> after
    /// use.
    /// </summary>
    private ReadOnlySpan<byte> Assemble(ulong id, FrameType type, ReadOnlySpan<byte> lastFragment, out PartialMessage? partial)
    {
        partial = _reassembler?.Complete(id, type, lastFragment);
        if (partial is not null)
        {
            return partial.Bytes;
        }

        return lastFragment.Length <= limits.MaxMessageSize
            ? lastFragment
            : throw new TunnelProtocolException(
                $"Expected a message of at most {limits.MaxMessageSize} bytes (limit MaxMessageSize), "
                + $"got one of {lastFragment.Length} on stream {id}.");
    }

    /// <summary>
    /// Decompresses a message of an open call. The reader decompresses itself: so items keep the order of the peer, and a message that is
    /// expensive to decompress delays only the session that sent it.
    /// </summary>
    private ReceivedMessage DecompressMessage(ulong id, FrameFlags flags, ReadOnlySpan<byte> message)
    {
        CheckCompressionNegotiated(id, flags);
        return ReceivedMessage.Create(flags, message, limits.MaxMessageSize);
    }

    private void CheckCompressionNegotiated(ulong id, FrameFlags flags)
    {
        if ((flags & FrameFlags.Compressed) != 0 && (features & SessionFeatures.Brotli) == 0)
        {
            throw new TunnelProtocolException(
                $"Expected no compressed message, since the handshake agreed on none, got one on stream {id}.");
        }
    }

    private void OnCall(ulong id, FrameFlags flags, ReadOnlySpan<byte> body)
    {
        ReadOnlySpan<byte> message = Assemble(id, FrameType.Call, body, out PartialMessage? partial);
        try
        {
            if (partial is null)
            {
                if (!streams.IsPeerInitiated(id) || id <= _highestPeerStreamId)
                {
                    throw new TunnelProtocolException(
                        $"Expected CALL on a stream id of the peer above {_highestPeerStreamId}, got it on {id}.");
                }

                _highestPeerStreamId = id;
            }

            if (!TryAccept(id))
            {
                // CLOSE states the last accepted stream id, so the peer knows that this call has not run.
                return;
            }

            bool isOneWay = (flags & FrameFlags.OneWay) != 0;
            bool mayBeNested = (flags & FrameFlags.Metadata) != 0;
            if (multiplexer.IncomingCalls.TryAcquire(
                mayBeNested, isOneWay, out IncomingCallLimiter.Permit permit, out PartitionRefusal? refusal))
            {
                permit.SetMessageSize(UncompressedSize(flags, message));
                DispatchCall(id, flags, message, ref partial, ref permit);
            }
            else if (isOneWay)
            {
                multiplexer.IncomingCalls.OnOneWayEnded(MemoryAccount.CountedSize(UncompressedSize(flags, message)));
                acceptor.OnExcessOneWayCall(id, flags, message, Describe(refusal));
            }
            else
            {
                multiplexer.Refuse(id, TunnelStatus.ResourceExhausted, Describe(refusal));
            }
        }
        finally
        {
            partial?.Dispose();
        }
    }

    private void DispatchCall(
        ulong id, FrameFlags flags, ReadOnlySpan<byte> message, ref PartialMessage? partial, ref IncomingCallLimiter.Permit permit)
    {
        try
        {
            if (partial is not null && (flags & FrameFlags.Compressed) == 0)
            {
                acceptor.OnCall(id, flags, message, ref partial, ref permit);
                return;
            }

            PartialMessage? none = null;
            using ReceivedMessage plain = DecompressMessage(id, flags, message);
            if (plain.Error is null)
            {
                acceptor.OnCall(id, flags, plain.Bytes, ref none, ref permit);
            }
            else
            {
                acceptor.OnUnreadableCall(id, flags, plain.Error, ref permit);
            }
        }
        finally
        {
            // No effect if the acceptor has moved the permit into a call.
            permit.Dispose();
        }
    }

    private string Describe(PartitionRefusal? refusal) => refusal?.Reason ?? TooManyCallsMessage(limits.MaxConcurrentCalls);

    private static int UncompressedSize(FrameFlags flags, ReadOnlySpan<byte> message) =>
        (flags & FrameFlags.Compressed) == 0 ? message.Length : CompressedMessage.ReadSize(message);

    private bool TryAccept(ulong id)
    {
        long before = Volatile.Read(ref _lastAcceptedStreamId);
        return (long)id <= (before & long.MaxValue)
            || (before >= 0 && Interlocked.CompareExchange(ref _lastAcceptedStreamId, (long)id, before) == before);
    }

    /// <summary>The error text of a call that exceeds the limit of running calls.</summary>
    public static string TooManyCallsMessage(int limit) =>
        $"The peer already runs {limit} calls of this session (its limit MaxConcurrentCalls). "
        + $"Cancelled calls whose work still runs count, too, if there are more than {limit} of them.";

    private void OnReply(ulong id, FrameFlags flags, ReadOnlySpan<byte> body)
    {
        ReadOnlySpan<byte> message = Assemble(id, FrameType.Reply, body, out PartialMessage? partial);
        try
        {
            if (streams.Find(id) is not TunnelStream stream)
            {
                CheckWasOpened(id, FrameType.Reply);
            }
            else if (streams.IsPeerInitiated(id))
            {
                throw new TunnelProtocolException(
                    $"Expected REPLY on a stream of this side, got it on the peer's stream {id}.");
            }
            else
            {
                // Before the call is removed: the error ends the session, which fails only the calls in the table.
                CheckCompressionNegotiated(id, flags);
                if (multiplexer.TryRemove(stream, id))
                {
                    DispatchReply(stream, id, flags, message, ref partial);
                }
            }
        }
        finally
        {
            partial?.Dispose();
        }
    }

    private void DispatchReply(TunnelStream stream, ulong id, FrameFlags flags, ReadOnlySpan<byte> message, ref PartialMessage? partial)
    {
        if (partial is not null && (flags & FrameFlags.Compressed) == 0 && stream.TryDecodeReplyLater(flags, partial))
        {
            partial = null;
            return;
        }

        using ReceivedMessage plain = DecompressMessage(id, flags, message);
        if (plain.Error is null)
        {
            stream.OnReply(flags, plain.Bytes);
        }
        else
        {
            // The callee releases what the reply passes by reference.
            multiplexer.WriteControl(id, FrameType.Cancel, [(byte)TunnelStatus.Cancelled]);
            stream.OnFailed(CallFailure.ForUnusableReply(plain.Error));
        }
    }

    private void OnItem(ulong id, FrameFlags flags, ReadOnlySpan<byte> body)
    {
        ReadOnlySpan<byte> message = Assemble(id, FrameType.Item, body, out PartialMessage? partial);
        using (partial)
        {
            if (streams.Find(id) is not TunnelStream stream)
            {
                CheckWasOpened(id, FrameType.Item);
                multiplexer.ConsumedItems.Add(UncompressedSize(flags, message));
                return;
            }

            if (stream.ReceiveWindow is null)
            {
                // Before the stream is used: the object of a call without items is pooled and may serve another session already.
                throw TunnelStream.UnexpectedItemError(id);
            }

            stream.ReceiveWindow.OnReceived(body.Length, startsMessage: partial is null);
            stream.ReceiveWindow.LastMessageSize = message.Length;
            stream.ReceiveWindow.OnMessage(UncompressedSize(flags, message));
            using ReceivedMessage plain = DecompressMessage(id, flags, message);
            if (plain.Error is null)
            {
                if ((flags & FrameFlags.Compressed) != 0)
                {
                    // Credit counts uncompressed bytes: these occupy memory until the application has consumed the items.
                    stream.ReceiveWindow.OnReceived(plain.Bytes.Length - message.Length, startsMessage: false);
                }

                if (stream.ReceiveWindow.ShouldAbortToFreeMemory(streams.Count))
                {
                    FailStream(stream, stream.ReceiveWindow.MemoryLimitError());
                    return;
                }

                stream.OnItems(plain.Bytes);
            }
            else
            {
                FailStream(stream, plain.Error);
            }
        }
    }

    /// <summary>Ends a call on both sides, because its items cannot be accepted.</summary>
    private void FailStream(TunnelStream stream, TunnelException error)
    {
        if (streams.IsPeerInitiated(stream.Id))
        {
            stream.OnItemsRejected(error);
        }
        else if (multiplexer.TryCancel(stream, TunnelStatus.Cancelled))
        {
            stream.OnFailed(CallFailure.ForUnusableReply(error));
        }
    }

    private void OnEnd(ulong id, FrameFlags flags, ReadOnlySpan<byte> body)
    {
        _reassembler?.Discard(id);
        if (streams.Find(id) is not TunnelStream stream)
        {
            CheckWasOpened(id, FrameType.End);
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

        // The caller may cancel a call that it has sent partially.
        _reassembler?.Discard(id);
        if (streams.Find(id) is not TunnelStream stream)
        {
            CheckWasOpened(id, FrameType.Cancel);
            acceptor.OnLateCancel(id);
        }
        else if (!streams.IsPeerInitiated(id))
        {
            throw new TunnelProtocolException(
                $"Expected CANCEL on a stream of the peer, got it on this side's stream {id}. The callee ends a call with REPLY or END.");
        }
        else if (multiplexer.TryRemove(stream, id))
        {
            stream.OnCancel(StatusByte.ReadFailure(body[0]));
        }
    }

    private void OnReference(ulong referenceId, ReadOnlySpan<byte> body)
    {
        if (referenceId is 0 or > long.MaxValue
            || body.Length != 1
            || body[0] is not ((byte)ReferenceChange.Retain or (byte)ReferenceChange.Release or (byte)ReferenceChange.Refuse))
        {
            throw new TunnelProtocolException(
                "Expected REFERENCE for an id above 0 with a body of 1 (retain), 2 (release) or 3 (refuse), "
                + $"got {body.Length} bytes for id {referenceId}.");
        }

        acceptor.OnReference((long)referenceId, (ReferenceChange)body[0]);
    }

    /// <summary>Accepts a late frame of a stream that has ended. Throws for a stream that was never opened.</summary>
    private void CheckWasOpened(ulong id, FrameType type)
    {
        bool wasOpened = streams.IsPeerInitiated(id) ? id <= _highestPeerStreamId : multiplexer.HasOpened(id);
        if (!wasOpened)
        {
            throw new TunnelProtocolException($"Expected {type} on a stream that was opened, got it on {id}.");
        }
    }
}
