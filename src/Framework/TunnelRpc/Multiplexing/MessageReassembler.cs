using TunnelRpc.Accounting;

namespace TunnelRpc.Multiplexing;

// Decision: docs/adr/0003-fragments-carry-no-type.md
/// <summary>
/// Reassembles the messages of one session that arrive in fragments. Bounded in number and bytes. No I/O. Not thread-safe: the reader calls
/// it.
/// </summary>
/// <param name="limits">The limits MaxConcurrentCalls, MaxMessageSize and MaxPartialMessageBytes apply.</param>
/// <param name="isStreamOpen">Whether a stream is open. The peer may stop in the middle of a message on a stream that is not.</param>
/// <param name="memory">The account for the memory of the messages.</param>
internal sealed class MessageReassembler(TunnelLimits limits, Func<ulong, bool> isStreamOpen, MemoryAccount memory)
{
    private const int MinSweepThreshold = 8;

    private readonly Dictionary<ulong, PartialMessage> _messages = [];
    private long _totalBytes;

    // The partial messages that are a CALL: their streams are not in the table yet.
    private int _partialCallCount;

    // At this number of messages those of ended streams are discarded. Twice what the last sweep kept, so that the amortized cost is
    // constant.
    private int _sweepThreshold = MinSweepThreshold;

    /// <summary>Whether a message on this stream has arrived partially.</summary>
    public bool Contains(ulong streamId) => _messages.ContainsKey(streamId);

    /// <summary>Whether a CALL on this stream has arrived partially.</summary>
    public bool IsPartialCall(ulong streamId) => _messages.TryGetValue(streamId, out PartialMessage? message) && message.IsCall;

    /// <summary>Adds a fragment to the message of its stream.</summary>
    /// <param name="streamId">The stream.</param>
    /// <param name="fragment">The body of FRAGMENT.</param>
    /// <param name="isCall">For the first fragment: whether the message is a CALL.</param>
    /// <param name="expectedSize">The likely size of the message; 0 if unknown.</param>
    /// <exception cref="TunnelProtocolException">The message exceeds a limit.</exception>
    public void Append(ulong streamId, ReadOnlySpan<byte> fragment, bool isCall, int expectedSize = 0)
    {
        if (!_messages.TryGetValue(streamId, out PartialMessage? message))
        {
            if (_messages.Count >= _sweepThreshold)
            {
                DiscardEnded();
            }

            // The number of open streams bounds the other messages.
            if (isCall && ++_partialCallCount > NestedCall.MaxRunning(limits.MaxConcurrentCalls))
            {
                throw new TunnelProtocolException(
                    $"Expected at most {NestedCall.MaxRunning(limits.MaxConcurrentCalls)} partially received calls at once (by the limit "
                    + "MaxConcurrentCalls, nested calls included), got one more.");
            }

            // Only one message at a time gets memory for its expected size: bytes count towards the limit only when they arrive.
            _messages.Add(streamId, message = new PartialMessage(isCall, memory, _messages.Count == 0 ? expectedSize : 0));
        }

        CheckSize(streamId, message, fragment);

        // The peer starts a message while it is below the limit, so one message may exceed it. It does not count those that it has stopped
        // sending, which are discarded here only when the end of their call has arrived: hence twice the limit.
        long maxBytes = (2L * limits.MaxPartialMessageBytes) + limits.MaxMessageSize;
        if (_totalBytes + fragment.Length > maxBytes)
        {
            DiscardEnded();
            if (_totalBytes + fragment.Length > maxBytes)
            {
                throw new TunnelProtocolException(
                    $"Expected at most {maxBytes} bytes of partially received messages (twice the limit MaxPartialMessageBytes and one "
                    + "message of the limit MaxMessageSize), got more.");
            }
        }

        _totalBytes += fragment.Length;
        message.Append(fragment);
    }

    /// <summary>
    /// Completes the message that ends with <paramref name="lastFragment"/>. The caller disposes it after use. Null if there were no
    /// fragments.
    /// </summary>
    /// <exception cref="TunnelProtocolException">
    /// The fragments belong to another kind of message, or the message exceeds a limit.
    /// </exception>
    public PartialMessage? Complete(ulong streamId, FrameType type, ReadOnlySpan<byte> lastFragment)
    {
        if (_messages.Count == 0 || !_messages.TryGetValue(streamId, out PartialMessage? message))
        {
            return null;
        }

        if (message.IsCall != (type == FrameType.Call))
        {
            throw new TunnelProtocolException(message.IsCall
                ? $"Expected CALL after the fragments that opened stream {streamId}, got {type}."
                : $"Expected the end of a message of the open stream {streamId}, got CALL.");
        }

        CheckSize(streamId, message, lastFragment);
        _messages.Remove(streamId);
        SubtractFromTotals(message);
        message.Append(lastFragment);
        return message;
    }

    /// <summary>Discards the partial message of a stream, if there is one.</summary>
    public void Discard(ulong streamId)
    {
        if (_messages.Remove(streamId, out PartialMessage? message))
        {
            SubtractFromTotals(message);
            message.Dispose();
        }
    }

    /// <summary>Releases all memory. Only after the reader has stopped.</summary>
    public void Release()
    {
        foreach (PartialMessage message in _messages.Values)
        {
            message.Dispose();
        }

        _messages.Clear();
        _totalBytes = 0;
        _partialCallCount = 0;
    }

    private void SubtractFromTotals(PartialMessage message)
    {
        _totalBytes -= message.Length;
        _partialCallCount -= message.IsCall ? 1 : 0;
    }

    private void CheckSize(ulong streamId, PartialMessage message, ReadOnlySpan<byte> fragment)
    {
        if (message.Length + fragment.Length > limits.MaxMessageSize)
        {
            throw new TunnelProtocolException(
                $"Expected a message of at most {limits.MaxMessageSize} bytes (limit MaxMessageSize), got more on stream {streamId}.");
        }
    }

    /// <summary>
    /// Discards messages of streams that are not open: the peer stops in the middle of a message when it learns that the call has ended.
    /// </summary>
    private void DiscardEnded()
    {
        foreach ((ulong stream, PartialMessage message) in _messages)
        {
            if (!message.IsCall && !isStreamOpen(stream))
            {
                Discard(stream);
            }
        }

        _sweepThreshold = Math.Max(MinSweepThreshold, _messages.Count * 2);
    }
}
