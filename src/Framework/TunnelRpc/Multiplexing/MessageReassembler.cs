using TunnelRpc.Accounting;

namespace TunnelRpc.Multiplexing;

/// <summary>The messages of one session that have come in part, bounded in number and bytes. No I/O; the reader's.</summary>
/// <param name="limits">The bounds.</param>
/// <param name="isStreamOpen">Whether a stream is open: the rest of a message on one that is not will never come.</param>
/// <param name="memory">Where their memory is counted.</param>
internal sealed class MessageReassembler(TunnelLimits limits, Func<ulong, bool> isStreamOpen, MemoryAccount memory)
{
    private const int MinSweepThreshold = 8;

    private readonly Dictionary<ulong, PartialMessage> _messages = [];
    private long _totalBytes;

    // How many of them open calls: those are in nobody's table yet.
    private int _partialCallCount;

    // How many messages there may be before those of ended streams are looked for: twice what the last look left, so that looking costs little.
    private int _sweepThreshold = MinSweepThreshold;

    public bool Contains(ulong streamId) => _messages.ContainsKey(streamId);

    /// <summary>Whether a CALL on this stream has come in part.</summary>
    public bool IsPartialCall(ulong streamId) => _messages.TryGetValue(streamId, out PartialMessage? message) && message.IsCall;

    /// <param name="streamId">Its stream.</param>
    /// <param name="fragment">What has come of it.</param>
    /// <param name="isCall">Whether it is the beginning of a CALL.</param>
    /// <param name="expectedSize">How large it is likely to become; 0 where nothing says so.</param>
    /// <exception cref="TunnelProtocolException">A limit is hit.</exception>
    public void Append(ulong streamId, ReadOnlySpan<byte> fragment, bool isCall, int expectedSize = 0)
    {
        if (!_messages.TryGetValue(streamId, out PartialMessage? message))
        {
            if (_messages.Count >= _sweepThreshold)
            {
                DiscardEnded();
            }

            // Others are as many as there are open streams, which have their own limits. Nested calls may be as many again.
            if (isCall && ++_partialCallCount > 2L * limits.MaxConcurrentCalls)
            {
                throw new TunnelProtocolException($"Expected at most {2L * limits.MaxConcurrentCalls} calls in parts at once (twice the limit MaxConcurrentCalls), got one more.");
            }

            // Of those that have begun one is believed to become large: bytes are counted as they come, and many could be promised.
            _messages.Add(streamId, message = new PartialMessage(isCall, memory, _messages.Count == 0 ? expectedSize : 0));
        }

        CheckSize(streamId, message, fragment);
        if (_totalBytes + fragment.Length > limits.MaxPartialMessageBytes)
        {
            DiscardEnded();
            if (_totalBytes + fragment.Length > limits.MaxPartialMessageBytes)
            {
                throw new TunnelProtocolException($"Expected at most {limits.MaxPartialMessageBytes} bytes of messages half received (limit MaxPartialMessageBytes), got more.");
            }
        }

        _totalBytes += fragment.Length;
        message.Append(fragment);
    }

    /// <summary>The message that ends with <paramref name="lastFragment"/>, which the caller disposes after use; null when it is no more than that.</summary>
    /// <exception cref="TunnelProtocolException">The parts are those of another kind of message, or too many.</exception>
    public PartialMessage? Complete(ulong streamId, FrameType type, ReadOnlySpan<byte> lastFragment)
    {
        if (_messages.Count == 0 || !_messages.TryGetValue(streamId, out PartialMessage? message))
        {
            return null;
        }

        if (message.IsCall != (type == FrameType.Call))
        {
            throw new TunnelProtocolException(message.IsCall
                ? $"Expected CALL behind the parts that opened stream {streamId}, got {type}."
                : $"Expected the rest of a message on stream {streamId}, which is open, got CALL.");
        }

        CheckSize(streamId, message, lastFragment);
        _messages.Remove(streamId);
        SubtractFromTotals(message);
        message.Append(lastFragment);
        return message;
    }

    public void Discard(ulong streamId)
    {
        if (_messages.Remove(streamId, out PartialMessage? message))
        {
            SubtractFromTotals(message);
            message.Dispose();
        }
    }

    /// <summary>Gives all memory back; once the reader has stopped.</summary>
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
            throw new TunnelProtocolException($"Expected a message of at most {limits.MaxMessageSize} bytes (limit MaxMessageSize), got more on stream {streamId}.");
        }
    }

    /// <summary>Whoever sends a large message stops in its middle when told that its call is over.</summary>
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
