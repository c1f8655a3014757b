using System.Buffers;
using TunnelRpc.Multiplexing;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

// Replies: a result, a stream or a failure.
internal abstract partial class IncomingCall
{
    /// <summary>Sends a failure. Throws nothing.</summary>
    /// <returns>Whether it was sent: false when the caller has cancelled or gets no reply, and when the session has ended.</returns>
    private async ValueTask<bool> ReplyWithFailureAsync(FrameType type, Exception error, FrameFlags refused = FrameFlags.None)
    {
        (TunnelStatus status, string message, TunnelFaultDetail? detail) = DescribeFailure(error);
        if (IsOneWay)
        {
            ReleasePermit();
            Peer.Multiplexer.TryRemove(this);
            return false;
        }

        // END is one frame, so that it does not mix with the fragments of an item that was sent only in part.
        int limit = Peer.Multiplexer.MaxOutgoingMessageSize;
        limit = type == FrameType.End ? Math.Min(limit, Frame.MaxFragmentSize) : limit;
        MessageBuffer buffer = MessageBuffer.Rent(limit);
        try
        {
            FrameFlags flags = refused | ReplyBody.WriteFailure(buffer, limit, status, message, detail, _context?.TrailersOrNull);
            return await SendFinalMessageAsync(type, flags, buffer.WrittenMemory).ConfigureAwait(false);
        }
        catch (TunnelException)
        {
            // The session has ended, so the caller no longer waits for the reply.
            return false;
        }
        finally
        {
            buffer.Return();
        }
    }

    /// <summary>Sends the result. False when it was not sent because the caller had cancelled, or the call had failed before.</summary>
    protected ValueTask<bool> ReplyAsync<TResult>(ITunnelFormatter<TResult> formatter, TResult result)
    {
        if (IsOneWay)
        {
            ReleasePermit();
            return new ValueTask<bool>(Peer.Multiplexer.TryRemove(this));
        }

        if (_references is not null)
        {
            return ReplyWithReferencesAsync(formatter, result);
        }

        MessageBuffer buffer = MessageBuffer.Rent(Peer.Multiplexer.MaxOutgoingMessageSize);
        ValueTask<bool> sending;
        try
        {
            FrameFlags flags = WriteReply(buffer, formatter, result);
            sending = buffer.Length <= Frame.MaxFragmentSize
                ? SendFinalMessageAsync(FrameType.Reply, flags, buffer.WrittenMemory)
                : SendLargeReplyAsync(formatter, result, buffer, flags);
        }
        catch
        {
            buffer.Return();
            throw;
        }

        if (!sending.IsCompleted)
        {
            return ReturnBufferAfterAsync(sending, buffer);
        }

        buffer.Return();
        return sending;
    }

    private async ValueTask<bool> ReplyWithReferencesAsync<TResult>(ITunnelFormatter<TResult> formatter, TResult result)
    {
        await _references!.CompletePendingWorkAsync(CancellationToken).ConfigureAwait(false);
        MessageBuffer buffer = MessageBuffer.Rent(Peer.Multiplexer.MaxOutgoingMessageSize);
        try
        {
            FrameFlags flags = WriteReplyWithReferences(buffer, formatter, result);
            return await SendFinalMessageAsync(FrameType.Reply, flags, buffer.WrittenMemory).ConfigureAwait(false);
        }
        finally
        {
            buffer.Return();
        }
    }

    /// <summary>
    /// Sends a reply that may have to wait because too many large messages do: it drops the encoded reply then, and encodes it again.
    /// </summary>
    private async ValueTask<bool> SendLargeReplyAsync<TResult>(
        ITunnelFormatter<TResult> formatter, TResult result, MessageBuffer buffer, FrameFlags flags)
    {
        ByteQuota waiting = Peer.Multiplexer.WaitingMessages;
        int size = buffer.Length;
        if (!waiting.TryAdd(size))
        {
            buffer.DropContent();
            try
            {
                await Peer.Multiplexer.AdmitLargeMessageAsync(size, CancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // The caller does not wait for the reply any more.
                return false;
            }
        }

        try
        {
            if (buffer.Length == 0)
            {
                flags = WriteReply(buffer, formatter, result);
            }

            return await SendFinalMessageAsync(FrameType.Reply, flags, buffer.WrittenMemory).ConfigureAwait(false);
        }
        finally
        {
            waiting.Release(size);
        }
    }

    private FrameFlags WriteReply<TResult>(MessageBuffer buffer, ITunnelFormatter<TResult> formatter, TResult result)
    {
        FrameFlags flags = ReplyBody.WriteOkStatus(buffer, _context?.TrailersOrNull);
        ValueEncoder.Write(buffer, formatter, result, scope: null);
        return flags;
    }

    /// <summary>
    /// Writes a reply whose metadata has the number of its references. The result is encoded first, because that passes them.
    /// </summary>
    private FrameFlags WriteReplyWithReferences<TResult>(MessageBuffer buffer, ITunnelFormatter<TResult> formatter, TResult result)
    {
        MessageBuffer encoded = MessageBuffer.Rent(buffer.Limit);
        try
        {
            ValueEncoder.Write(encoded, formatter, result, _references);
            FrameFlags flags = ReplyBody.WriteOkStatus(buffer, _context?.TrailersOrNull, _references!.AnnouncedCount);
            buffer.Write(encoded.WrittenSpan);
            return flags;
        }
        finally
        {
            encoded.Return();
        }
    }

    private static async ValueTask<bool> ReturnBufferAfterAsync(ValueTask<bool> sending, MessageBuffer buffer)
    {
        try
        {
            return await sending.ConfigureAwait(false);
        }
        finally
        {
            buffer.Return();
        }
    }

    /// <summary>Sends a stream. False when the caller cancelled before its end.</summary>
    protected async ValueTask<bool> ReplyWithStreamAsync<TItem>(ITunnelFormatter<TItem> formatter, IAsyncEnumerable<TItem> items)
    {
        if (IsOneWay)
        {
            throw new TunnelException(TunnelStatus.InvalidArgument, $"{Method} returns a stream, so it cannot be called one way.");
        }

        if (_scheduler is not null)
        {
            items = new ScheduledItems<TItem>(items, _scheduler);
        }

        ScheduledSender scheduledSender = CreateScheduledSender() ?? new ScheduledSender();
        var sender = new ItemSender<TItem>(Peer.Multiplexer, this, formatter, scheduledSender, _references);
        if (!await sender.SendAllAsync(items, CancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        if (_references is not null)
        {
            await _references.CompletePendingWorkAsync(CancellationToken).ConfigureAwait(false);
        }

        TunnelHeaders? trailers = _context?.TrailersOrNull;
        ulong referenceCount = _references?.AnnouncedCount ?? 0;
        if (trailers is not { Count: > 0 } && referenceCount == 0)
        {
            return await SendFinalMessageAsync(FrameType.End, FrameFlags.None, default).ConfigureAwait(false);
        }

        MessageBuffer buffer = MessageBuffer.Rent(Peer.Multiplexer.MaxOutgoingMessageSize);
        try
        {
            FrameFlags flags = ReplyBody.WriteOkStatus(buffer, trailers, referenceCount);
            if (buffer.Length > Frame.MaxFragmentSize)
            {
                throw new TunnelException(
                    TunnelStatus.ResourceExhausted,
                    $"Expected trailers of at most {Frame.MaxFragmentSize} bytes after the stream of {Method}, got {buffer.Length} bytes.");
            }

            return await SendFinalMessageAsync(FrameType.End, flags, buffer.WrittenMemory).ConfigureAwait(false);
        }
        finally
        {
            buffer.Return();
        }
    }

    /// <summary>Sends the message that ends the call. False when the call has ended, or another reply in fragments has started.</summary>
    private ValueTask<bool> SendFinalMessageAsync(FrameType type, FrameFlags flags, ReadOnlyMemory<byte> body) =>
        body.Length <= Frame.MaxFragmentSize || _state.TryStartReply()
            ? Peer.Multiplexer.Sender.CompleteCallAsync(this, CreateScheduledSender(), type, flags, body, CancellationToken)
            : new ValueTask<bool>(false);
}
