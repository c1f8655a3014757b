using TunnelRpc.Accounting;
using TunnelRpc.Sessions;

namespace TunnelRpc.Multiplexing;

/// <summary>
/// Sends the messages of open calls: schedules them, splits them into fragments, and accounts the memory of those that wait. Thread-safe.
/// </summary>
internal sealed class MessageSender(Multiplexer multiplexer, TunnelSession session, SendScheduler scheduler, MessageCompressor compressor)
{
    // Changed atomically: what was sent of large messages since TakeSentBytes was called.
    private long _sentItemBytes;
    private long _sentOtherBytes;

    /// <summary>Returns what was sent of large messages since the last call.</summary>
    public (long ItemBytes, long OtherBytes) TakeSentBytes() =>
        (Interlocked.Exchange(ref _sentItemBytes, 0), Interlocked.Exchange(ref _sentOtherBytes, 0));

    /// <summary>
    /// Sends a message of an open stream. Waits to be scheduled; a large message is sent in fragments. False if the stream is closed: the
    /// message, or the rest of it, is not sent then.
    /// </summary>
    /// <exception cref="TunnelException">The session has ended.</exception>
    public ValueTask<bool> SendAsync(
        TunnelStream stream,
        ScheduledSender sender,
        FrameType type,
        FrameFlags flags,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken)
    {
        return body.Length > Frame.MaxFragmentSize || compressor.ShouldCompress(body.Length)
            ? SendLargeAsync(stream, sender, type, flags, body, cancellationToken)
            : SendSmallAsync(stream, sender, type, flags, body, cancellationToken);
    }

    private async ValueTask<bool> SendLargeAsync(
        TunnelStream stream,
        ScheduledSender sender,
        FrameType type,
        FrameFlags flags,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken)
    {
        using MemoryLease lease = session.Memory.Lease(body.Length);
        byte[] rented = [];
        try
        {
            rented = Compress(type, ref flags, ref body);
            return await SendPartsAsync(stream, sender, type, flags, body, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            MessageCompressor.Return(rented);
        }
    }

    /// <summary>Sends a message that fits one frame and is not compressed. Its memory is accounted only while it waits.</summary>
    private async ValueTask<bool> SendSmallAsync(
        TunnelStream stream,
        ScheduledSender sender,
        FrameType type,
        FrameFlags flags,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken)
    {
        int bytes = Math.Max(body.Length, 1);
        await scheduler.AcquireAndLeaseAsync(sender, bytes, session.Memory, MessageBuffer.AccountedSize(body.Length), cancellationToken)
            .ConfigureAwait(false);
        try
        {
            if (!stream.IsOpen)
            {
                return false;
            }

            multiplexer.WriteFrame(stream.Id, type, flags, body.Span, TrafficOf(type));
            return true;
        }
        finally
        {
            scheduler.OnWritten(bytes);
        }
    }

    /// <summary>What a frame with a whole message belongs to.</summary>
    private static FrameTraffic TrafficOf(FrameType type) => type switch
    {
        FrameType.Item => FrameTraffic.Bulk,
        FrameType.Call or FrameType.Reply => FrameTraffic.Small,
        _ => FrameTraffic.Control,
    };

    /// <summary>Compresses a message, except END, which is one frame and never compressed.</summary>
    private byte[] Compress(FrameType type, ref FrameFlags flags, ref ReadOnlyMemory<byte> body) =>
        type == FrameType.End ? [] : compressor.Compress(ref body, ref flags);

    /// <summary>
    /// Sends a message as it is, in fragments if it is large: those wait until the peer has capacity for one more partial message. The
    /// caller accounts the message's memory. False once the stream is closed.
    /// </summary>
    private async ValueTask<bool> SendPartsAsync(
        TunnelStream stream,
        ScheduledSender sender,
        FrameType type,
        FrameFlags flags,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken)
    {
        int partialBytes = body.Length > Frame.MaxFragmentSize ? body.Length : 0;
        if (partialBytes > 0)
        {
            await multiplexer.PartialMessages.AddAsync(partialBytes, cancellationToken).ConfigureAwait(false);
        }

        try
        {
            return await SendFragmentsAsync(stream, sender, type, flags, body, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            multiplexer.PartialMessages.Release(partialBytes);
        }
    }

    /// <summary>
    /// Sends a message as it is, in fragments if it is large. The caller accounts its memory, and has it admitted as a partial message if
    /// it is large. False once the stream is closed.
    /// </summary>
    /// <param name="stream">The stream.</param>
    /// <param name="sender">The stream's sender.</param>
    /// <param name="type">The frame's type.</param>
    /// <param name="flags">The last frame's flags.</param>
    /// <param name="body">The message.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public async ValueTask<bool> SendFragmentsAsync(
        TunnelStream stream,
        ScheduledSender sender,
        FrameType type,
        FrameFlags flags,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken)
    {
        FrameTraffic traffic = body.Length > Frame.MaxFragmentSize ? FrameTraffic.Bulk : TrafficOf(type);
        while (true)
        {
            int count = Math.Min(body.Length, Frame.MaxFragmentSize);
            bool isLast = count == body.Length;
            await scheduler.AcquireCancellableAsync(sender, Math.Max(count, 1), cancellationToken).ConfigureAwait(false);
            try
            {
                if (!stream.IsOpen)
                {
                    return false;
                }

                if (isLast && type is (FrameType.Reply or FrameType.End))
                {
                    stream.OnFinalMessage();
                }

                multiplexer.WriteFrame(
                    stream.Id,
                    isLast ? type : FrameType.Fragment,
                    isLast ? flags : FrameFlags.None,
                    body.Span[..count],
                    traffic,
                    isLast && type == FrameType.Call ? stream : null);
            }
            finally
            {
                scheduler.OnWritten(Math.Max(count, 1));
            }

            if (traffic == FrameTraffic.Bulk)
            {
                Interlocked.Add(ref type == FrameType.Item ? ref _sentItemBytes : ref _sentOtherBytes, count);
            }

            if (isLast)
            {
                return true;
            }

            body = body[count..];
        }
    }

    /// <summary>
    /// Ends a call of the peer with REPLY or END: at once if the message fits one frame and the session has capacity, otherwise when it is
    /// scheduled. False if the call was ended otherwise, for example cancelled by the peer: nothing is sent, and other code may still use
    /// the call.
    /// </summary>
    /// <param name="stream">The call.</param>
    /// <param name="sender">The stream's sender; null for one of normal priority.</param>
    /// <param name="type">REPLY or END.</param>
    /// <param name="flags">The frame's flags.</param>
    /// <param name="body">The message.</param>
    /// <param name="callEnded">Cancelled after the call was ended otherwise, so that the reply stops waiting.</param>
    public ValueTask<bool> CompleteCallAsync(
        TunnelStream stream,
        ScheduledSender? sender,
        FrameType type,
        FrameFlags flags,
        ReadOnlyMemory<byte> body,
        CancellationToken callEnded)
    {
        if (body.Length > Frame.MaxFragmentSize
            || !session.HasUnacknowledgedCapacity
            || (compressor.ShouldCompress(body.Length) && type != FrameType.End))
        {
            return CompleteCallSlowAsync(stream, sender, type, flags, body, callEnded);
        }

        stream.OnFinalMessage();
        if (!multiplexer.TryRemove(stream))
        {
            return new ValueTask<bool>(false);
        }

        multiplexer.WriteFrame(stream.Id, type, flags, body.Span, TrafficOf(type));
        return new ValueTask<bool>(true);
    }

    private async ValueTask<bool> CompleteCallSlowAsync(
        TunnelStream stream,
        ScheduledSender? sender,
        FrameType type,
        FrameFlags flags,
        ReadOnlyMemory<byte> body,
        CancellationToken callEnded)
    {
        byte[] rented = Compress(type, ref flags, ref body);
        try
        {
            using MemoryLease lease = session.Memory.Lease(MessageBuffer.AccountedSize(body.Length));
            if (body.Length > Frame.MaxFragmentSize)
            {
                return await CompleteWithFragmentsAsync(stream, sender ?? new ScheduledSender(), type, flags, body, callEnded)
                    .ConfigureAwait(false);
            }

            int bytes = Math.Max(body.Length, 1);
            await scheduler.AcquireCancellableAsync(sender ?? new ScheduledSender(), bytes, callEnded).ConfigureAwait(false);
            try
            {
                stream.OnFinalMessage();
                if (!multiplexer.TryRemove(stream))
                {
                    return false;
                }

                multiplexer.WriteFrame(stream.Id, type, flags, body.Span, TrafficOf(type));
                return true;
            }
            finally
            {
                scheduler.OnWritten(bytes);
            }
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

    private async ValueTask<bool> CompleteWithFragmentsAsync(
        TunnelStream stream,
        ScheduledSender sender,
        FrameType type,
        FrameFlags flags,
        ReadOnlyMemory<byte> body,
        CancellationToken callEnded)
    {
        if (!stream.IsOpen)
        {
            return false;
        }

        return await SendPartsAsync(stream, sender, type, flags, body, callEnded).ConfigureAwait(false) && multiplexer.TryRemove(stream);
    }
}
