using System.Buffers;

namespace TunnelRpc.Multiplexing;

/// <summary>
/// The buffer into which a message is encoded before it is framed. Encoding runs code of the application, so it cannot write into the
/// session's send buffer, which a lock guards. Pooled, one per thread; one owner at a time. A large message is in an array of the shared
/// pool, so that messages of a megabyte are not garbage of the large object heap.
/// </summary>
internal sealed class MessageBuffer : IBufferWriter<byte>
{
    private const int InitialSize = 4 << 10;

    /// <summary>The largest array that is pooled together with its buffer.</summary>
    private const int MaxPooledSize = 64 << 10;

    [ThreadStatic]
    private static MessageBuffer? _cached;

    // Rented from the shared pool if it is larger than MaxPooledSize.
    private byte[] _array = new byte[InitialSize];
    private int _length;
    private int _limit;

    private MessageBuffer()
    {
    }

    /// <summary>The bytes to account for a message of this length that waits: at least the initial array.</summary>
    public static int AccountedSize(int length) => Math.Max(length, InitialSize);

    /// <summary>The largest message, in bytes.</summary>
    public int Limit => _limit;

    /// <summary>The written bytes.</summary>
    public int Length => _length;

    public ReadOnlyMemory<byte> WrittenMemory => _array.AsMemory(0, _length);

    public ReadOnlySpan<byte> WrittenSpan => _array.AsSpan(0, _length);

    /// <summary>Takes a buffer from the pool. The caller returns it.</summary>
    /// <param name="limit">The largest message, in bytes. Writing more fails with an error that names the limit.</param>
    public static MessageBuffer Rent(int limit)
    {
        MessageBuffer buffer = _cached ?? new MessageBuffer();
        _cached = null;
        buffer._length = 0;
        buffer._limit = limit;
        return buffer;
    }

    /// <summary>Returns the buffer to the pool. Once; the caller does not use it afterwards.</summary>
    public void Return()
    {
        ReturnLargeArray();
        if (_array.Length >= InitialSize)
        {
            _cached = this;
        }
    }

    /// <summary>Discards the written bytes.</summary>
    public void Clear() => _length = 0;

    /// <summary>Discards the written bytes and their memory, since the owner waits.</summary>
    public void DropContent()
    {
        _length = 0;
        ReturnLargeArray();
        _array = [];
    }

    /// <inheritdoc/>
    /// <exception cref="TunnelException">The message exceeds the limit (ResourceExhausted).</exception>
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

        long size = Math.Max(Math.Max((long)_length + needed, InitialSize), Math.Min((long)_array.Length * 2, Array.MaxLength));
        if ((long)_length + needed > (long)_limit + MaxPooledSize)
        {
            ThrowTooLarge();
        }

        byte[] larger = size > MaxPooledSize ? ArrayPool<byte>.Shared.Rent((int)size) : new byte[size];
        WrittenSpan.CopyTo(larger);
        ReturnLargeArray();
        _array = larger;
    }

    private void ReturnLargeArray()
    {
        if (_array.Length > MaxPooledSize)
        {
            ArrayPool<byte>.Shared.Return(_array);
            _array = [];
        }
    }

    /// <summary>The failure of a message that is larger than the limit.</summary>
    public static TunnelException CreateTooLargeException(int limit) => new(
        TunnelStatus.ResourceExhausted,
        $"Expected a message of at most {limit} bytes, got a larger one (limit MaxMessageSize of this side or of the peer). "
        + "Raise it on both sides, or stream the data.");

    private void ThrowTooLarge() => throw CreateTooLargeException(_limit);
}
