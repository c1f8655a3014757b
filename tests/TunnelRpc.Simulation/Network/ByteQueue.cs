namespace TunnelRpc.Simulation.Network;

/// <summary>A FIFO of bytes with a fixed capacity.</summary>
internal sealed class ByteQueue(int capacity)
{
    private readonly byte[] _bytes = new byte[capacity];
    private int _start;

    public int Count { get; private set; }

    public int FreeBytes => capacity - Count;

    /// <summary>Copies as many bytes as there is capacity for, and returns their number.</summary>
    public int Write(ReadOnlySpan<byte> source)
    {
        int count = Math.Min(source.Length, FreeBytes);
        int at = (_start + Count) % capacity;
        int first = Math.Min(count, capacity - at);
        source[..first].CopyTo(_bytes.AsSpan(at));
        source[first..count].CopyTo(_bytes);
        Count += count;
        return count;
    }

    /// <summary>Copies as many bytes as are available and fit, removes them, and returns their number.</summary>
    public int Read(Span<byte> destination)
    {
        int count = Math.Min(destination.Length, Count);
        int first = Math.Min(count, capacity - _start);
        _bytes.AsSpan(_start, first).CopyTo(destination);
        _bytes.AsSpan(0, count - first).CopyTo(destination[first..]);
        _start = (_start + count) % capacity;
        Count -= count;
        return count;
    }

    /// <summary>Moves the oldest bytes to another queue, which must have capacity for them.</summary>
    public void MoveTo(ByteQueue other, int count)
    {
        while (count > 0)
        {
            int run = Math.Min(count, capacity - _start);
            other.Write(_bytes.AsSpan(_start, run));
            _start = (_start + run) % capacity;
            Count -= run;
            count -= run;
        }
    }

    public void Clear() => Count = 0;
}
