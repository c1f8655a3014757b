using TunnelRpc.Accounting;
using TunnelRpc.Sessions;

namespace TunnelRpc.Multiplexing;

/// <summary>Sends the messages of open calls: their turns, their fragments, what waits. Thread-safe.</summary>
internal sealed class MessageSender(Multiplexer multiplexer, TunnelSession session, SendScheduler scheduler, MessageCompressor compressor)
{
    /// <summary>Sends a message of an open stream, waiting for its turns, in fragments if it is large. False once the stream is closed: then nothing is sent.</summary>
    public ValueTask<bool> SendAsync(
        TunnelStream stream, ScheduledSender sender, FrameType type, FrameFlags flags, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        return body.Length > Frame.MaxFragmentSize || compressor.ShouldCompress(body.Length)
            ? SendLargeAsync(stream, sender, type, flags, body, cancellationToken)
            : SendSmallAsync(stream, sender, type, flags, body, cancellationToken);
    }

    private async ValueTask<bool> SendLargeAsync(
        TunnelStream stream, ScheduledSender sender, FrameType type, FrameFlags flags, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        using MemoryLease lease = session.Memory.ReserveCallBytes(body.Length, "The element");
        byte[] rented = [];
        try
        {
            rented = Compress(type, ref flags, ref body);
            return await SendFragmentsAsync(stream, sender, type, flags, body, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            MessageCompressor.Return(rented);
        }
    }

    /// <summary>Sends a message that fits one frame and is not compressed. Its memory is accounted only while it waits.</summary>
    private async ValueTask<bool> SendSmallAsync(
        TunnelStream stream, ScheduledSender sender, FrameType type, FrameFlags flags, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        int bytes = Math.Max(body.Length, 1);
        await scheduler.AcquireAndReserveAsync(sender, bytes, session.Memory, MessageBuffer.AccountedSize(body.Length), cancellationToken).ConfigureAwait(false);
        try
        {
            if (!stream.IsOpen)
            {
                return false;
            }

            multiplexer.WriteFrame(stream.Id, type, flags, body.Span);
            return true;
        }
        finally
        {
            scheduler.OnWritten(bytes);
        }
    }

    /// <summary>END does not come in parts, and is sent as it is.</summary>
    private byte[] Compress(FrameType type, ref FrameFlags flags, ref ReadOnlyMemory<byte> body) =>
        type == FrameType.End ? [] : compressor.Compress(ref body, ref flags);

    /// <summary>Sends a message as it is, in fragments if it is large. The caller accounts its memory. False once the stream is closed.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="sender">Its turn.</param>
    /// <param name="type">The frame's type.</param>
    /// <param name="flags">The last frame's flags.</param>
    /// <param name="body">The message.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public async ValueTask<bool> SendFragmentsAsync(
        TunnelStream stream, ScheduledSender sender, FrameType type, FrameFlags flags, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        while (true)
        {
            int count = Math.Min(body.Length, Frame.MaxFragmentSize);
            bool last = count == body.Length;
            await scheduler.AcquireCancellableAsync(sender, Math.Max(count, 1), cancellationToken).ConfigureAwait(false);
            try
            {
                if (!stream.IsOpen)
                {
                    return false;
                }

                multiplexer.WriteFrame(stream.Id, last ? type : FrameType.Fragment, last ? flags : FrameFlags.None, body.Span[..count], last && type == FrameType.Call ? stream : null);
            }
            finally
            {
                scheduler.OnWritten(Math.Max(count, 1));
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
    /// <param name="sender">Its turn; null for one of the usual priority.</param>
    /// <param name="type">REPLY or END.</param>
    /// <param name="flags">The frame's flags.</param>
    /// <param name="body">The answer.</param>
    /// <param name="callEnded">Cancelled some time after somebody else has ended the call: the answer need not wait for its turn then.</param>
    public ValueTask<bool> CompleteCallAsync(
        TunnelStream stream, ScheduledSender? sender, FrameType type, FrameFlags flags, ReadOnlyMemory<byte> body, CancellationToken callEnded)
    {
        if (body.Length > Frame.MaxFragmentSize || !session.HasUnacknowledgedCapacity || (compressor.ShouldCompress(body.Length) && type != FrameType.End))
        {
            return CompleteCallSlowAsync(stream, sender, type, flags, body, callEnded);
        }

        if (!multiplexer.TryRemove(stream))
        {
            return new ValueTask<bool>(false);
        }

        multiplexer.WriteFrame(stream.Id, type, flags, body.Span);
        return new ValueTask<bool>(true);
    }

    private async ValueTask<bool> CompleteCallSlowAsync(
        TunnelStream stream, ScheduledSender? sender, FrameType type, FrameFlags flags, ReadOnlyMemory<byte> body, CancellationToken callEnded)
    {
        byte[] rented = Compress(type, ref flags, ref body);
        try
        {
            if (body.Length > Frame.MaxFragmentSize || !session.HasUnacknowledgedCapacity)
            {
                return await CompleteCallWhenScheduledAsync(stream, sender ?? new ScheduledSender(), type, flags, body, callEnded).ConfigureAwait(false);
            }

            if (!multiplexer.TryRemove(stream))
            {
                return false;
            }

            multiplexer.WriteFrame(stream.Id, type, flags, body.Span);
            return true;
        }
        catch (OperationCanceledException) when (callEnded.IsCancellationRequested)
        {
            return false;
        }
        finally
        {
            MessageCompressor.Return(rented);
        }
    }

    /// <summary>Likewise, of an answer that has to wait. There are no more of these than there is room for, though the calls that they answer count no more.</summary>
    private async ValueTask<bool> CompleteCallWhenScheduledAsync(
        TunnelStream stream, ScheduledSender sender, FrameType type, FrameFlags flags, ReadOnlyMemory<byte> body, CancellationToken callEnded)
    {
        if (!session.Memory.TryReserveCallBytes(MessageBuffer.AccountedSize(body.Length), out MemoryLease lease))
        {
            if (multiplexer.TryRemove(stream))
            {
                TunnelException full = session.Memory.CreateLimitException("The answer would have to wait, and was not sent");
                multiplexer.SendFailure(stream.Id, full.Status, full.Message, type);
            }

            return false;
        }

        using (lease)
        {
            return stream.IsOpen
                && await SendFragmentsAsync(stream, sender, type, flags, body, callEnded).ConfigureAwait(false)
                && multiplexer.TryRemove(stream);
        }
    }
}
