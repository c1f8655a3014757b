using TunnelRpc.Multiplexing;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

// How it answers: with a result, a stream or a failure.
internal abstract partial class InboundCall
{
    /// <summary>Answers with a failure.</summary>
    private async ValueTask FailAsync(FrameType type, Exception error, FrameFlags refused = FrameFlags.None)
    {
        Release();
        (TunnelStatus status, string message, TunnelFaultDetail? detail) = Describe(error);
        if (IsOneWay)
        {
            Peer.Multiplexer.TryRemove(this);
            return;
        }

        // END is one frame: the pieces of an element that was half sent are in nobody's way then.
        int limit = Peer.Multiplexer.OutgoingMessageLimit;
        limit = type == FrameType.End ? Math.Min(limit, Frame.FragmentSize) : limit;
        MessageBuffer buffer = MessageBuffer.Rent(limit);
        try
        {
            FrameFlags flags = refused | AnswerBody.WriteFailure(buffer, limit, status, message, detail, _context?.SentTrailers);
            await FinishAsync(type, flags, buffer.Written).ConfigureAwait(false);
        }
        catch (TunnelException)
        {
            // The session is over: nobody waits for the answer.
        }
        finally
        {
            buffer.Return();
        }
    }

    /// <summary>Answers with a result. False when it was not sent, because the caller had cancelled.</summary>
    protected ValueTask<bool> ReplyAsync<TResult>(ITunnelFormatter<TResult> formatter, TResult result)
    {
        if (IsOneWay)
        {
            Release();
            return new ValueTask<bool>(Peer.Multiplexer.TryRemove(this));
        }

        if (_references is not null)
        {
            return ReplyWithReferencesAsync(formatter, result);
        }

        MessageBuffer buffer = MessageBuffer.Rent(Peer.Multiplexer.OutgoingMessageLimit);
        ValueTask<bool> answering;
        try
        {
            FrameFlags flags = WriteReply(buffer, formatter, result);
            answering = FinishAsync(FrameType.Reply, flags, buffer.Written);
        }
        catch
        {
            buffer.Return();
            throw;
        }

        if (!answering.IsCompleted)
        {
            return ReturnBehindAsync(answering, buffer);
        }

        buffer.Return();
        return answering;
    }

    private async ValueTask<bool> ReplyWithReferencesAsync<TResult>(ITunnelFormatter<TResult> formatter, TResult result)
    {
        await _references!.CompleteAsync(Cancelled).ConfigureAwait(false);
        MessageBuffer buffer = MessageBuffer.Rent(Peer.Multiplexer.OutgoingMessageLimit);
        try
        {
            return await FinishAsync(FrameType.Reply, WriteReply(buffer, formatter, result), buffer.Written).ConfigureAwait(false);
        }
        finally
        {
            buffer.Return();
        }
    }

    private FrameFlags WriteReply<TResult>(MessageBuffer buffer, ITunnelFormatter<TResult> formatter, TResult result)
    {
        FrameFlags flags = AnswerBody.WriteHead(buffer, _context?.SentTrailers);
        var writer = new MessagePackWriter(buffer) { Scope = _references };
        formatter.Write(ref writer, result);
        writer.Flush();
        Release();
        return flags;
    }

    private static async ValueTask<bool> ReturnBehindAsync(ValueTask<bool> answering, MessageBuffer buffer)
    {
        try
        {
            return await answering.ConfigureAwait(false);
        }
        finally
        {
            buffer.Return();
        }
    }

    /// <summary>Answers with a stream. False when the caller had enough before it ended.</summary>
    protected async ValueTask<bool> StreamBackAsync<TItem>(ITunnelFormatter<TItem> formatter, IAsyncEnumerable<TItem> items)
    {
        if (IsOneWay)
        {
            throw new TunnelException(TunnelStatus.InvalidArgument, $"{Method} streams back, so it cannot be called one way.");
        }

        var sender = new ItemSender<TItem>(Peer.Multiplexer, this, formatter, NewTurn() ?? new SendTurn(), _references);
        if (!await sender.SendAllAsync(items, Cancelled).ConfigureAwait(false))
        {
            return false;
        }

        if (_references is not null)
        {
            await _references.CompleteAsync(Cancelled).ConfigureAwait(false);
        }

        Release();
        if (_context?.SentTrailers is not { Count: > 0 } trailers)
        {
            return await FinishAsync(FrameType.End, FrameFlags.None, default).ConfigureAwait(false);
        }

        MessageBuffer buffer = MessageBuffer.Rent(Peer.Multiplexer.OutgoingMessageLimit);
        try
        {
            FrameFlags flags = AnswerBody.WriteHead(buffer, trailers);
            if (buffer.Length > Frame.FragmentSize)
            {
                throw new TunnelException(
                    TunnelStatus.ResourceExhausted, $"Expected trailers of at most {Frame.FragmentSize} bytes behind the stream of {Method}, got {buffer.Length}.");
            }

            return await FinishAsync(FrameType.End, flags, buffer.Written).ConfigureAwait(false);
        }
        finally
        {
            buffer.Return();
        }
    }

    private ValueTask<bool> FinishAsync(FrameType type, FrameFlags flags, ReadOnlyMemory<byte> body) =>
        body.Length <= Frame.FragmentSize || Interlocked.CompareExchange(ref _answer, Answering, 0) == 0
            ? Peer.Multiplexer.Messages.FinishAsync(this, NewTurn(), type, flags, body, Cancelled)
            : new ValueTask<bool>(false);
}
