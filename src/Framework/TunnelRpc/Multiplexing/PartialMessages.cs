using TunnelRpc.Accounting;

namespace TunnelRpc.Multiplexing;

/// <summary>The messages of one session that have come in part, bounded in number and bytes. No I/O; the reader's.</summary>
/// <param name="limits">The bounds.</param>
/// <param name="isOpen">Whether a stream is open: the rest of a message on one that is not will never come.</param>
/// <param name="memory">Where their memory is counted.</param>
internal sealed class PartialMessages(TunnelLimits limits, Func<ulong, bool> isOpen, MemoryAccount memory)
{
    private const int LeastSweep = 8;

    private readonly Dictionary<ulong, PartialMessage> _messages = [];
    private long _bytes;

    // How many of them open calls: those are in nobody's table yet.
    private int _opening;

    // How many messages there may be before those of ended streams are looked for: twice what the last look left, so that looking costs little.
    private int _sweepAt = LeastSweep;

    public bool Contains(ulong stream) => _messages.ContainsKey(stream);

    /// <summary>Whether a CALL on this stream has come in part.</summary>
    public bool IsOpening(ulong stream) => _messages.TryGetValue(stream, out PartialMessage? message) && message.OpensCall;

    /// <param name="stream">Its stream.</param>
    /// <param name="piece">What has come of it.</param>
    /// <param name="opensCall">Whether it is the beginning of a CALL.</param>
    /// <param name="expected">How large it is likely to become; 0 where nothing says so.</param>
    /// <exception cref="TunnelProtocolException">A limit is hit.</exception>
    public void Append(ulong stream, ReadOnlySpan<byte> piece, bool opensCall, int expected = 0)
    {
        if (!_messages.TryGetValue(stream, out PartialMessage? message))
        {
            if (_messages.Count >= _sweepAt)
            {
                DropEnded();
            }

            // Others are as many as there are open streams, which have their own limits. Nested calls may be as many again.
            if (opensCall && ++_opening > 2L * limits.MaxConcurrentCalls)
            {
                throw new TunnelProtocolException($"Expected at most {2L * limits.MaxConcurrentCalls} calls in parts at once (twice the limit MaxConcurrentCalls), got one more.");
            }

            // Of those that have begun one is believed to become large: bytes are counted as they come, and many could be promised.
            _messages.Add(stream, message = new PartialMessage(opensCall, memory, _messages.Count == 0 ? expected : 0));
        }

        CheckSize(stream, message, piece);
        if (_bytes + piece.Length > limits.MaxPartialMessageBytes)
        {
            DropEnded();
            if (_bytes + piece.Length > limits.MaxPartialMessageBytes)
            {
                throw new TunnelProtocolException($"Expected at most {limits.MaxPartialMessageBytes} bytes of messages half received (limit MaxPartialMessageBytes), got more.");
            }
        }

        _bytes += piece.Length;
        message.Append(piece);
    }

    /// <summary>The message that ends with <paramref name="last"/>, which the caller disposes after use; null when it is no more than that.</summary>
    /// <exception cref="TunnelProtocolException">The parts are those of another kind of message, or too many.</exception>
    public PartialMessage? Complete(ulong stream, FrameType type, ReadOnlySpan<byte> last)
    {
        if (_messages.Count == 0 || !_messages.TryGetValue(stream, out PartialMessage? message))
        {
            return null;
        }

        if (message.OpensCall != (type == FrameType.Call))
        {
            throw new TunnelProtocolException(message.OpensCall
                ? $"Expected CALL behind the parts that opened stream {stream}, got {type}."
                : $"Expected the rest of a message on stream {stream}, which is open, got CALL.");
        }

        CheckSize(stream, message, last);
        _messages.Remove(stream);
        Forget(message);
        message.Append(last);
        return message;
    }

    public void Drop(ulong stream)
    {
        if (_messages.Remove(stream, out PartialMessage? message))
        {
            Forget(message);
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
        _bytes = 0;
        _opening = 0;
    }

    private void Forget(PartialMessage message)
    {
        _bytes -= message.Length;
        _opening -= message.OpensCall ? 1 : 0;
    }

    private void CheckSize(ulong stream, PartialMessage message, ReadOnlySpan<byte> piece)
    {
        if (message.Length + piece.Length > limits.MaxMessageSize)
        {
            throw new TunnelProtocolException($"Expected a message of at most {limits.MaxMessageSize} bytes (limit MaxMessageSize), got more on stream {stream}.");
        }
    }

    /// <summary>Whoever sends a large message stops in its middle when told that its call is over.</summary>
    private void DropEnded()
    {
        foreach ((ulong stream, PartialMessage message) in _messages)
        {
            if (!message.OpensCall && !isOpen(stream))
            {
                Drop(stream);
            }
        }

        _sweepAt = Math.Max(LeastSweep, _messages.Count * 2);
    }
}
