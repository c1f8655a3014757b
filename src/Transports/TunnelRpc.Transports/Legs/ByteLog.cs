using System.Buffers;

namespace TunnelRpc.Transports.Legs;

/// <summary>The bytes of a stream from one offset to another, in pooled memory. Not thread-safe: its owner's lock guards it.</summary>
internal sealed class ByteLog : IDisposable
{
    // What the pool gives for this is of exactly this length.
    private const int SegmentBytes = 16 * 1024;

    private readonly List<byte[]> _segments = [];

    // The offset of the first segment's first byte.
    private long _base;

    /// <summary>The offset of the first byte that is kept.</summary>
    public long Start { get; private set; }

    /// <summary>The offset behind the last byte.</summary>
    public long End { get; private set; }

    public void Append(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            int used = (int)(End - _base);
            if (used == _segments.Count * SegmentBytes)
            {
                _segments.Add(ArrayPool<byte>.Shared.Rent(SegmentBytes));
            }

            Span<byte> room = _segments[^1].AsSpan(used % SegmentBytes, SegmentBytes - (used % SegmentBytes));
            int length = Math.Min(room.Length, data.Length);
            data[..length].CopyTo(room);
            data = data[length..];
            End += length;
        }
    }

    /// <summary>Copies from an offset that is kept on, all of which must be there.</summary>
    public void CopyTo(long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            int from = (int)(offset - _base);
            ReadOnlySpan<byte> source = _segments[from / SegmentBytes].AsSpan(from % SegmentBytes, SegmentBytes - (from % SegmentBytes));
            int length = Math.Min(source.Length, destination.Length);
            source[..length].CopyTo(destination);
            destination = destination[length..];
            offset += length;
        }
    }

    /// <summary>Keeps nothing below the offset any more.</summary>
    public void Release(long offset)
    {
        Start = offset;
        int whole = (int)((offset - _base) / SegmentBytes);
        if (offset == End)
        {
            // Nothing is kept, so nothing is held; the next segment begins here.
            Drop(_segments.Count);
            _base = offset;
        }
        else if (whole > 0)
        {
            Drop(whole);
            _base += whole * SegmentBytes;
        }
    }

    public void Dispose() => Drop(_segments.Count);

    private void Drop(int count)
    {
        for (int index = 0; index < count; index++)
        {
            ArrayPool<byte>.Shared.Return(_segments[index]);
        }

        _segments.RemoveRange(0, count);
    }
}
