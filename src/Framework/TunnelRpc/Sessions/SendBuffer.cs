using System.Buffers;
using TunnelRpc.Accounting;

namespace TunnelRpc.Sessions;

/// <summary>
/// The bytes of the session stream that the peer has not acknowledged: what is still to be sent, and what may have to be
/// sent again. Offsets count from the session's start. No I/O, no lock: the session's gate guards every member, except that
/// the bytes of a sequence given by <see cref="TakeUnsent"/> may be read outside it until <see cref="OnWriteCompleted"/>.
/// </summary>
/// <remarks>
/// Invariant: Acked &lt;= Completed' and Handed &lt;= Written, where memory is given back only up to min(Acked, Completed):
/// a peer that acknowledges bytes while they are being written must not make that memory another's.
/// </remarks>
/// <param name="memory">Where its segments are counted.</param>
internal sealed class SendBuffer(MemoryAccount memory)
{
    private const int LargeSegmentSize = 32 << 10;

    /// <summary>Of the first segment where little is sent: many sessions make a call now and then, and each keeps it until that is acknowledged.</summary>
    private const int SmallSegmentSize = 1 << 10;

    // Oldest first. The last one is filled up to _tailUsed.
    private readonly Queue<byte[]> _segments = new();
    private readonly List<SequenceLink> _links = [];
    private byte[]? _tail;
    private int _tailLength;

    // Whether what was sent last before all was acknowledged filled more than a small segment.
    private bool _usesLargeSegments;

    // Offset of the first byte of the oldest segment.
    private long _firstSegmentOffset;
    private long _completedOffset;

    /// <summary>How much was written in all.</summary>
    public long WrittenOffset { get; private set; }

    /// <summary>The most that was ever given to the network.</summary>
    public long SentOffset { get; private set; }

    /// <summary>How much was given to the network that carries the session now, counting what is being written.</summary>
    public long NextSendOffset { get; private set; }

    /// <summary>How much the peer has acknowledged.</summary>
    public long AcknowledgedOffset { get; private set; }

    public long UnsentBytes => WrittenOffset - NextSendOffset;

    public long UnacknowledgedBytes => WrittenOffset - AcknowledgedOffset;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_tail is null || _tailLength == _tail.Length)
            {
                if (_tail is null)
                {
                    _firstSegmentOffset = WrittenOffset;
                }

                // A small one that is full is followed by a large one.
                _usesLargeSegments |= _tail is not null;
                _tail = ArrayPool<byte>.Shared.Rent(_usesLargeSegments || bytes.Length > SmallSegmentSize ? LargeSegmentSize : SmallSegmentSize);
                _tailLength = 0;
                memory.Add(_tail.Length);
                _segments.Enqueue(_tail);
            }

            int count = Math.Min(bytes.Length, _tail.Length - _tailLength);
            bytes[..count].CopyTo(_tail.AsSpan(_tailLength));
            _tailLength += count;
            WrittenOffset += count;
            bytes = bytes[count..];
        }
    }

    /// <summary>
    /// Hands out the next bytes, behind <paramref name="prefix"/>: the head of the record that carries them. Valid until
    /// <see cref="OnWriteCompleted"/>; one at a time.
    /// </summary>
    public ReadOnlySequence<byte> TakeUnsent(ReadOnlyMemory<byte> prefix, int count)
    {
        int used = 0;
        SequenceLink first = Link(ref used, prefix, null);
        SequenceLink last = first;
        long segmentStart = _firstSegmentOffset;
        long from = NextSendOffset;
        long to = from + count;
        foreach (byte[] segment in _segments)
        {
            long segmentEnd = segmentStart + segment.Length;
            if (segmentEnd > from && segmentStart < to)
            {
                int start = (int)(Math.Max(from, segmentStart) - segmentStart);
                int end = (int)(Math.Min(to, segmentEnd) - segmentStart);
                last = Link(ref used, segment.AsMemory(start, end - start), last);
            }

            segmentStart = segmentEnd;
        }

        NextSendOffset = to;
        SentOffset = Math.Max(SentOffset, to);
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    /// <summary>The bytes handed out last are with the network.</summary>
    public void OnWriteCompleted()
    {
        _completedOffset = NextSendOffset;
        ReleaseAcknowledged();
    }

    /// <summary>The peer has received everything below <paramref name="offset"/>. An older offset changes nothing.</summary>
    /// <exception cref="TunnelProtocolException">The offset is beyond what was sent.</exception>
    public void Acknowledge(ulong offset)
    {
        if (offset > (ulong)SentOffset)
        {
            throw new TunnelProtocolException($"Expected an ACK of at most {SentOffset}, which is what was sent, got {offset}.");
        }

        if ((long)offset > AcknowledgedOffset)
        {
            AcknowledgedOffset = (long)offset;
            ReleaseAcknowledged();
        }
    }

    /// <summary>Everything that the peer has not acknowledged is to be sent again. Nothing that was handed out may be in use any more.</summary>
    public void RewindToAcknowledged()
    {
        NextSendOffset = AcknowledgedOffset;
        _completedOffset = NextSendOffset;
        ReleaseAcknowledged();
    }

    /// <summary>Gives all memory back; once nobody writes, hands out or reads what was handed out any more.</summary>
    public void Release()
    {
        while (_segments.TryDequeue(out byte[]? segment))
        {
            Return(segment);
        }

        _tail = null;
    }

    private void ReleaseAcknowledged()
    {
        long free = Math.Min(AcknowledgedOffset, _completedOffset);
        while (_segments.TryPeek(out byte[]? segment))
        {
            bool isTail = ReferenceEquals(segment, _tail);
            long end = isTail ? WrittenOffset : _firstSegmentOffset + segment.Length;
            if (end > free)
            {
                break;
            }

            // An empty tail goes back too: an idle session holds no buffer.
            _segments.Dequeue();
            _firstSegmentOffset = end;
            if (isTail)
            {
                _usesLargeSegments = _tailLength > SmallSegmentSize;
                _tail = null;
            }

            Return(segment);
        }
    }

    private void Return(byte[] segment)
    {
        memory.Add(-segment.Length);
        ArrayPool<byte>.Shared.Return(segment);
    }

    private SequenceLink Link(ref int used, ReadOnlyMemory<byte> memory, SequenceLink? previous)
    {
        if (used == _links.Count)
        {
            _links.Add(new SequenceLink());
        }

        SequenceLink link = _links[used++];
        link.Set(memory, previous);
        return link;
    }

    private sealed class SequenceLink : ReadOnlySequenceSegment<byte>
    {
        public void Set(ReadOnlyMemory<byte> memory, SequenceLink? previous)
        {
            Memory = memory;
            Next = null;
            RunningIndex = previous is null ? 0 : previous.RunningIndex + previous.Memory.Length;
            if (previous is not null)
            {
                previous.Next = this;
            }
        }
    }
}
