using System.Buffers;

namespace TunnelRpc.Transports.Legs;

/// <summary>The bytes of a stream from one offset to another, in pooled memory. Not thread-safe: its owner's lock guards it.</summary>
internal sealed class SegmentedBuffer : IDisposable
{
    // What the pool gives for this is of exactly this length.
    private const int SegmentBytes = 16 * 1024;

    private readonly List<byte[]> _segments = [];

    // The offset of the first segment's first byte.
    private long _firstSegmentOffset;

    /// <summary>The offset of the first byte that is kept.</summary>
    public long StartOffset { get; private set; }

    /// <summary>The offset behind the last byte.</summary>
    public long EndOffset { get; private set; }

    public void Append(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            int used = (int)(EndOffset - _firstSegmentOffset);
            if (used == _segments.Count * SegmentBytes)
            {
                _segments.Add(ArrayPool<byte>.Shared.Rent(SegmentBytes));
            }

            Span<byte> room = _segments[^1].AsSpan(used % SegmentBytes, SegmentBytes - (used % SegmentBytes));
            int length = Math.Min(room.Length, data.Length);
            data[..length].CopyTo(room);
            data = data[length..];
            EndOffset += length;
        }
    }

    /// <summary>Copies from an offset that is kept on, all of which must be there.</summary>
    public void CopyTo(long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            int from = (int)(offset - _firstSegmentOffset);
            ReadOnlySpan<byte> source = _segments[from / SegmentBytes].AsSpan(from % SegmentBytes, SegmentBytes - (from % SegmentBytes));
            int length = Math.Min(source.Length, destination.Length);
            source[..length].CopyTo(destination);
            destination = destination[length..];
            offset += length;
        }
    }

    /// <summary>Keeps nothing below the offset any more.</summary>
    public void ReleaseBefore(long offset)
    {
        StartOffset = offset;
        int whole = (int)((offset - _firstSegmentOffset) / SegmentBytes);
        if (offset == EndOffset)
        {
            // Nothing is kept, so nothing is held; the next segment begins here.
            ReturnSegments(_segments.Count);
            _firstSegmentOffset = offset;
        }
        else if (whole > 0)
        {
            ReturnSegments(whole);
            _firstSegmentOffset += whole * SegmentBytes;
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
