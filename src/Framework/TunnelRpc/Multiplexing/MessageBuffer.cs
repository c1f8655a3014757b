using System.Buffers;

namespace TunnelRpc.Multiplexing;

/// <summary>
/// Where a message is encoded before it is framed: user code runs while it fills, so it must not be the session's own
/// buffer, which is behind a lock. Pooled per thread; one owner at a time.
/// </summary>
internal sealed class MessageBuffer : IBufferWriter<byte>
{
    private const int InitialSize = 4 << 10;

    /// <summary>A larger array is not kept for the next message.</summary>
    private const int MaxPooledSize = 64 << 10;

    [ThreadStatic]
    private static MessageBuffer? _cached;

    private byte[] _array = new byte[InitialSize];
    private int _length;
    private int _limit;

    private MessageBuffer()
    {
    }

    /// <summary>What a message of this size takes in memory, at least.</summary>
    public static int AccountedSize(int length) => Math.Max(length, InitialSize);

    public int Length => _length;

    public ReadOnlyMemory<byte> WrittenMemory => _array.AsMemory(0, _length);

    public ReadOnlySpan<byte> WrittenSpan => _array.AsSpan(0, _length);

    /// <param name="limit">The most a message may take; more fails with the limit's name.</param>
    public static MessageBuffer Rent(int limit)
    {
        MessageBuffer buffer = _cached ?? new MessageBuffer();
        _cached = null;
        buffer._length = 0;
        buffer._limit = limit;
        return buffer;
    }

    public void Return()
    {
        if (_array.Length <= MaxPooledSize)
        {
            _cached = this;
        }
    }

    public void Clear() => _length = 0;

    public void Advance(int count)
    {
        if (count < 0 || count > _array.Length - _length)
        {
            throw new ArgumentOutOfRangeException(nameof(count));
        }

        _length += count;
        if (_length > _limit)
        {
            ThrowTooLarge();
        }
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        EnsureCapacity(sizeHint);
        return _array.AsMemory(_length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        EnsureCapacity(sizeHint);
        return _array.AsSpan(_length);
    }

    private void EnsureCapacity(int sizeHint)
    {
        int needed = Math.Max(sizeHint, 1);
        if (needed <= _array.Length - _length)
        {
            return;
        }

        long size = Math.Max((long)_length + needed, Math.Min((long)_array.Length * 2, Array.MaxLength));
        if ((long)_length + needed > (long)_limit + MaxPooledSize)
        {
            ThrowTooLarge();
        }

        Array.Resize(ref _array, (int)size);
    }

    private void ThrowTooLarge() => throw new TunnelException(
        TunnelStatus.ResourceExhausted,
        $"Expected a message of at most {_limit} bytes, got a larger one (limit MaxMessageSize of this side or of the peer). Raise it on both sides, or stream the data.");
}
