namespace TunnelRpc.Multiplexing;

// Decision: docs/adr/0068-broadcasts-are-encoded-once.md
/// <content>Calls whose message is sent to several sessions.</content>
internal sealed partial class Multiplexer
{
    /// <inheritdoc cref="TryOpen(TunnelStream, FrameFlags, ReadOnlySpan{byte}, CallAffinity)"/>
    public bool TryOpen(TunnelStream stream, FrameFlags flags, SharedMessage message, CallAffinity affinity)
    {
        if (message.Length > Frame.MaxFragmentSize
            || !_session.HasUnacknowledgedCapacity
            || !OutgoingLimiter.TryAcquire((flags & FrameFlags.OneWay) != 0, message.Length, out stream.OutgoingPermit))
        {
            return false;
        }

        bool opened = false;
        try
        {
            ReadOnlyMemory<byte> body = GetBody(message, ref flags);
            return opened = TryWriteOpeningFrame(stream, FrameType.Call, flags, body.Span, affinity);
        }
        finally
        {
            if (!opened)
            {
                stream.OutgoingPermit.Dispose();
            }
        }
    }

    /// <summary>Takes the lock of <see cref="EnterOrderedOpeningAsync"/> if it is free.</summary>
    public bool TryEnterOrderedOpening(out OrderedOpening opening)
    {
        bool isEntered = OrderedOpenLock.Wait(TimeSpan.Zero, CancellationToken.None);
        opening = new OrderedOpening(isEntered ? OrderedOpenLock : null);
        return isEntered;
    }

    /// <summary>The message as this session sends it. Sets the flag if it is compressed, so that it is not compressed again.</summary>
    public ReadOnlyMemory<byte> GetBody(SharedMessage message, ref FrameFlags flags)
    {
        if (_compressor.ShouldCompress(message.Length) && message.GetCompressed() is { Length: > 0 } compressed)
        {
            flags |= FrameFlags.Compressed;
            return compressed;
        }

        return message.Plain;
    }
}
