using System.Buffers;

namespace TunnelRpc.Transports.Legs;

/// <summary>
/// The bytes of a stream between two offsets, in pooled segments. Not thread-safe: guarded by its owner's lock. Disposal returns the
/// segments.
/// </summary>
internal sealed class SegmentedBuffer : IDisposable
{
    // The pool returns arrays of exactly this length for this size.
    private const int SegmentBytes = 16 * 1024;

    private readonly List<byte[]> _segments = [];

    // The offset of the first segment's first byte.
    private long _firstSegmentOffset;

    /// <summary>The offset of the first byte in the buffer.</summary>
    public long StartOffset { get; private set; }

    /// <summary>The offset after the last byte in the buffer.</summary>
    public long EndOffset { get; private set; }

    /// <summary>Appends a copy of <paramref name="data"/>.</summary>
    public void Append(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            int used = (int)(EndOffset - _firstSegmentOffset);
            if (used == _segments.Count * SegmentBytes)
            {
                _segments.Add(ArrayPool<byte>.Shared.Rent(SegmentBytes));
            }

            Span<byte> free = _segments[^1].AsSpan(used % SegmentBytes, SegmentBytes - (used % SegmentBytes));
            int length = Math.Min(free.Length, data.Length);
            data[..length].CopyTo(free);
            data = data[length..];
            EndOffset += length;
        }
    }

    /// <summary>Copies bytes from <paramref name="offset"/> on. The buffer must contain all of them.</summary>
    public void CopyTo(long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            int position = (int)(offset - _firstSegmentOffset);
            int segmentPosition = position % SegmentBytes;
            ReadOnlySpan<byte> source = _segments[position / SegmentBytes].AsSpan(segmentPosition, SegmentBytes - segmentPosition);
            int length = Math.Min(source.Length, destination.Length);
            source[..length].CopyTo(destination);
            destination = destination[length..];
            offset += length;
        }
    }

    /// <summary>Releases all bytes before the offset.</summary>
    public void ReleaseBefore(long offset)
    {
        StartOffset = offset;
        int freeSegments = (int)((offset - _firstSegmentOffset) / SegmentBytes);
        if (offset == EndOffset)
        {
            // The buffer is empty: return all segments, and start the next segment at this offset.
            ReturnSegments(_segments.Count);
            _firstSegmentOffset = offset;
        }
        else if (freeSegments > 0)
        {
            ReturnSegments(freeSegments);
            _firstSegmentOffset += freeSegments * SegmentBytes;
        }
    }

    public void Dispose() => ReturnSegments(_segments.Count);

    private void ReturnSegments(int count)
    {
        for (int index = 0; index < count; index++)
        {
            ArrayPool<byte>.Shared.Return(_segments[index]);
        }

        _segments.RemoveRange(0, count);
    }
}
