using System.Buffers;
using System.Diagnostics;

namespace TunnelRpc.Gateway.Client.HttpSocks;

// Decision: docs/adr/0097-httpsock-offsets.md
/// <summary>
/// The bytes of one direction of a byte stream that have been written and not been released. Each byte has an offset from the start of the
/// stream, so bytes can be read again until the receiver has acknowledged them. Thread-safe.
/// </summary>
/// <param name="capacity">The most bytes that are retained; above 0. Memory is taken as it is needed.</param>
[DebuggerDisplay("{Start}..{End} of {capacity}, completed: {IsCompleted}")]
internal sealed class OffsetBuffer(int capacity)
{
    private const int MinLength = 4_096;

    // Guards all fields. Not held while a waiter continues.
    private readonly Lock _gate = new();

    // The byte at the offset o is _bytes[o % _bytes.Length]. Empty when nothing is retained.
    private byte[] _bytes = [];

    // _start <= _end <= _start + capacity.
    private long _start;
    private long _end;
    private bool _isCompleted;
    private IOException? _error;

    // Completed when bytes are added or the end is known, and when bytes are released; null while there is no waiter.
    private TaskCompletionSource? _dataWaiter;
    private TaskCompletionSource? _capacityWaiter;

    /// <summary>The offset of the first retained byte.</summary>
    public long Start
    {
        get
        {
            lock (_gate)
            {
                return _start;
            }
        }
    }

    /// <summary>The offset after the last byte that has been written.</summary>
    public long End
    {
        get
        {
            lock (_gate)
            {
                return _end;
            }
        }
    }

    /// <summary>Whether the stream ends at <see cref="End"/>.</summary>
    public bool IsCompleted
    {
        get
        {
            lock (_gate)
            {
                return _isCompleted;
            }
        }
    }

    /// <summary>The number of bytes that can be written without a wait.</summary>
    public int FreeCapacity
    {
        get
        {
            lock (_gate)
            {
                return capacity - (int)(_end - _start);
            }
        }
    }

    /// <summary>Writes all bytes; waits while the buffer is full. One writer at a time.</summary>
    /// <param name="source">The bytes. Those that were written before a cancellation stay in the buffer.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IOException">The stream has failed.</exception>
    /// <exception cref="InvalidOperationException">The stream is completed.</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken)
    {
        source = source[Append(source.Span)..];
        while (source.Length > 0)
        {
            await WaitForCapacityAsync(cancellationToken).ConfigureAwait(false);
            source = source[Append(source.Span)..];
        }
    }

    /// <summary>Waits until at least one byte can be written, or the stream is completed.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IOException">The stream has failed.</exception>
    public async ValueTask WaitForCapacityAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task released;
            lock (_gate)
            {
                ThrowIfFailed();
                if (_isCompleted || _end - _start < capacity)
                {
                    return;
                }

                released = (_capacityWaiter ??= CreateWaiter()).Task;
            }

            await released.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Waits until there is a byte at <paramref name="offset"/>.</summary>
    /// <param name="offset">The offset.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>False if the stream ends at the offset.</returns>
    /// <exception cref="IOException">The stream has failed, and there is no byte at the offset.</exception>
    public async ValueTask<bool> WaitForDataAsync(long offset, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task written;
            lock (_gate)
            {
                if (offset < _end)
                {
                    return true;
                }

                if (_isCompleted)
                {
                    return false;
                }

                ThrowIfFailed();
                written = (_dataWaiter ??= CreateWaiter()).Task;
            }

            await written.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Reads and releases bytes; waits for the first one. One reader at a time.</summary>
    /// <param name="destination">Receives the bytes.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The number of bytes; 0 at the end of the stream.</returns>
    /// <exception cref="IOException">The stream has failed, and all bytes before the failure have been read.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        long offset = Start;
        if (!await WaitForDataAsync(offset, cancellationToken).ConfigureAwait(false))
        {
            return 0;
        }

        int count = CopyTo(offset, destination.Span);
        TryRelease(offset + count);
        return count;
    }

    /// <summary>Copies retained bytes, from an offset on. They stay in the buffer.</summary>
    /// <param name="offset">The offset of the first byte.</param>
    /// <param name="destination">Receives the bytes.</param>
    /// <returns>The number of bytes; 0 if the byte at the offset is not retained.</returns>
    public int CopyTo(long offset, Span<byte> destination)
    {
        lock (_gate)
        {
            if (offset < _start || offset >= _end)
            {
                return 0;
            }

            int count = (int)Math.Min(destination.Length, _end - offset);
            CopyOut(_bytes, offset, destination[..count]);
            return count;
        }
    }

    /// <summary>Releases the bytes before an offset, up to which the receiver has the stream.</summary>
    /// <param name="offset">The offset. Bytes that were released before need not be released again.</param>
    /// <returns>False if the offset is not among the retained bytes; nothing is released then.</returns>
    public bool TryRelease(long offset)
    {
        TaskCompletionSource? waiter;
        lock (_gate)
        {
            if (offset < _start || offset > _end)
            {
                return false;
            }

            _start = offset;
            if (_start == _end)
            {
                ReturnBytes();
            }

            waiter = Take(ref _capacityWaiter);
        }

        waiter?.TrySetResult();
        return true;
    }

    /// <summary>Ends the stream after the bytes that have been written. No effect when it has ended or failed.</summary>
    public void Complete()
    {
        TaskCompletionSource? dataWaiter;
        TaskCompletionSource? capacityWaiter;
        lock (_gate)
        {
            _isCompleted |= _error is null;
            dataWaiter = Take(ref _dataWaiter);
            capacityWaiter = Take(ref _capacityWaiter);
        }

        dataWaiter?.TrySetResult();
        capacityWaiter?.TrySetResult();
    }

    /// <summary>
    /// Fails the stream: writes fail at once, and reads after the bytes that are retained. No effect on the reads of a stream that has
    /// ended, and none when it has failed.
    /// </summary>
    /// <param name="error">The cause.</param>
    public void Fail(IOException error)
    {
        TaskCompletionSource? dataWaiter;
        TaskCompletionSource? capacityWaiter;
        lock (_gate)
        {
            _error ??= error;
            dataWaiter = Take(ref _dataWaiter);
            capacityWaiter = Take(ref _capacityWaiter);
        }

        dataWaiter?.TrySetResult();
        capacityWaiter?.TrySetResult();
    }

    /// <summary>Drops the retained bytes and returns their memory. Call it after <see cref="Fail"/>: no reader gets them then.</summary>
    public void Discard()
    {
        lock (_gate)
        {
            _start = _end;
            ReturnBytes();
        }
    }

    private static TaskCompletionSource CreateWaiter() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TaskCompletionSource? Take(ref TaskCompletionSource? waiter)
    {
        TaskCompletionSource? taken = waiter;
        waiter = null;
        return taken;
    }

    private static void CopyOut(byte[] ring, long offset, Span<byte> destination)
    {
        int index = (int)(offset % ring.Length);
        int first = Math.Min(destination.Length, ring.Length - index);
        ring.AsSpan(index, first).CopyTo(destination);
        ring.AsSpan(0, destination.Length - first).CopyTo(destination[first..]);
    }

    /// <summary>Appends what the buffer has capacity for; returns the number of bytes.</summary>
    private int Append(ReadOnlySpan<byte> source)
    {
        int count;
        TaskCompletionSource? waiter;
        lock (_gate)
        {
            ThrowIfFailed();
            if (_isCompleted)
            {
                throw new InvalidOperationException("Expected no bytes after the end of the stream, got some.");
            }

            int retained = (int)(_end - _start);
            count = Math.Min(source.Length, capacity - retained);
            if (count == 0)
            {
                return 0;
            }

            Reserve(retained + count);
            int index = (int)(_end % _bytes.Length);
            int first = Math.Min(count, _bytes.Length - index);
            source[..first].CopyTo(_bytes.AsSpan(index));
            source[first..count].CopyTo(_bytes);
            _end += count;
            waiter = Take(ref _dataWaiter);
        }

        waiter?.TrySetResult();
        return count;
    }

    /// <summary>Makes the ring at least <paramref name="length"/> long. The pool may return a longer one.</summary>
    private void Reserve(int length)
    {
        if (_bytes.Length >= length)
        {
            return;
        }

        byte[] longer = ArrayPool<byte>.Shared.Rent(Math.Max(MinLength, length));
        int retained = (int)(_end - _start);
        if (retained > 0)
        {
            // The position of each byte depends on the length of the ring.
            int index = (int)(_start % longer.Length);
            int first = Math.Min(retained, longer.Length - index);
            CopyOut(_bytes, _start, longer.AsSpan(index, first));
            CopyOut(_bytes, _start + first, longer.AsSpan(0, retained - first));
        }

        ReturnBytes();
        _bytes = longer;
    }

    private void ReturnBytes()
    {
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = [];
        }
    }

    /// <summary>Each caller gets an exception of its own, so that no stack trace is shared among threads.</summary>
    private void ThrowIfFailed()
    {
        if (_error is not null)
        {
            throw new IOException(_error.Message, _error);
        }
    }
}
