using System.Buffers;
using TunnelRpc.Accounting;

namespace TunnelRpc.Sessions;

/// <summary>
/// The retransmission buffer of a session: the bytes of this side's stream that are not sent, or sent and not acknowledged. Offsets count
/// from the session's start. No I/O.
/// </summary>
/// <remarks>
/// <para>
/// Guarded by the lock of <see cref="SessionWriter"/>, with two exceptions. <see cref="UnsentBytes"/> and <see cref="UnacknowledgedBytes"/>
/// may be read without it, as hints. The bytes that <see cref="TakeUnsent"/> returns are read without it until
/// <see cref="OnWriteCompleted"/>.
/// </para>
/// <para>
/// Invariants: acknowledged offset &lt;= sent offset &lt;= written offset; next send offset &lt;= sent offset. The acknowledged offset may
/// be ahead of the completed offset, since the peer may acknowledge bytes before the write that carries them has completed. It may also be
/// ahead of the next send offset for as long as the bytes are retransmitted that an earlier path delivered. Memory below both the
/// acknowledged and the completed offset is released: a segment must not return to the pool while a write reads it.
/// </para>
/// </remarks>
/// <param name="memory">Accounts for the segments.</param>
internal sealed class SendBuffer(MemoryAccount memory)
{
    private const int LargeSegmentSize = 32 << 10;

    /// <summary>
    /// The size of the first segment of a session that sends little: many sessions make a call now and then, and each keeps its segment
    /// until the call is acknowledged.
    /// </summary>
    private const int SmallSegmentSize = 1 << 10;

    // Oldest first. The last segment is _tail, filled up to _tailLength.
    private readonly Queue<byte[]> _segments = new();
    private readonly List<SequenceLink> _links = [];

    // The links of the last sequence. They refer to segments only until its write has completed, so that an idle session keeps none alive.
    private int _usedLinks;
    private byte[]? _tail;
    private int _tailLength;

    // Whether more than a small segment was filled before everything was acknowledged for the last time.
    private bool _usesLargeSegments;

    // Offset of the first byte of the oldest segment.
    private long _firstSegmentOffset;

    // Everything before it was passed to the current path, in writes that have completed.
    private long _completedOffset;

    /// <summary>The offset after the last byte appended.</summary>
    public long WrittenOffset { get; private set; }

    /// <summary>The highest offset that was ever passed to a path.</summary>
    public long SentOffset { get; private set; }

    /// <summary>The offset of the next byte to pass to the current path. Bytes of a write in flight are before it.</summary>
    public long NextSendOffset { get; private set; }

    /// <summary>The offset up to which the peer has acknowledged.</summary>
    public long AcknowledgedOffset { get; private set; }

    /// <summary>Bytes to pass to the current path, including those to retransmit.</summary>
    public long UnsentBytes => WrittenOffset - NextSendOffset;

    /// <summary>Bytes that the peer has not acknowledged, including those that are not sent.</summary>
    public long UnacknowledgedBytes => WrittenOffset - AcknowledgedOffset;

    /// <summary>Appends bytes. Never fails: the caller bounds the buffer.</summary>
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

                // A small segment that is full is followed by a large one.
                _usesLargeSegments |= _tail is not null;
                bool isLarge = _usesLargeSegments || bytes.Length > SmallSegmentSize;
                _tail = ArrayPool<byte>.Shared.Rent(isLarge ? LargeSegmentSize : SmallSegmentSize);
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
    /// Takes the next bytes to write, preceded by <paramref name="prefix"/>. The sequence is valid until <see cref="OnWriteCompleted"/>,
    /// which must be called before the next call of this method.
    /// </summary>
    /// <param name="prefix">The control records and the DATA header to write before the bytes.</param>
    /// <param name="count">At most <see cref="UnsentBytes"/>.</param>
    public ReadOnlySequence<byte> TakeUnsent(ReadOnlyMemory<byte> prefix, int count)
    {
        _usedLinks = 0;
        SequenceLink first = Link(prefix, null);
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
                last = Link(segment.AsMemory(start, end - start), last);
            }

            segmentStart = segmentEnd;
        }

        NextSendOffset = to;
        SentOffset = Math.Max(SentOffset, to);
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    /// <summary>The path has accepted the bytes that were taken last.</summary>
    public void OnWriteCompleted()
    {
        _completedOffset = NextSendOffset;
        ClearLinks();
        ReleaseAcknowledged();
    }

    /// <summary>The peer has received everything below <paramref name="offset"/>. An offset below an earlier one changes nothing.</summary>
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

    /// <summary>Makes everything that the peer has not acknowledged unsent, to be retransmitted. No write may be in flight.</summary>
    public void RewindToAcknowledged()
    {
        NextSendOffset = AcknowledgedOffset;
        _completedOffset = NextSendOffset;
        ClearLinks();
        ReleaseAcknowledged();
    }

    /// <summary>Releases all memory. The buffer is not used afterwards, and no write is in flight.</summary>
    public void Release()
    {
        while (_segments.TryDequeue(out byte[]? segment))
        {
            Return(segment);
        }

        _tail = null;
        ClearLinks();
    }

    private void ReleaseAcknowledged()
    {
        long releasable = Math.Min(AcknowledgedOffset, _completedOffset);
        while (_segments.TryPeek(out byte[]? segment))
        {
            bool isTail = ReferenceEquals(segment, _tail);
            long end = isTail ? WrittenOffset : _firstSegmentOffset + segment.Length;
            if (end > releasable)
            {
                break;
            }

            // The tail is released, too, when all of it is acknowledged: an idle session has no buffer.
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

    private void ClearLinks()
    {
        for (; _usedLinks > 0; _usedLinks--)
        {
            _links[_usedLinks - 1].Set(default, null);
        }
    }

    private SequenceLink Link(ReadOnlyMemory<byte> memory, SequenceLink? previous)
    {
        if (_usedLinks == _links.Count)
        {
            _links.Add(new SequenceLink());
        }

        SequenceLink link = _links[_usedLinks++];
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
