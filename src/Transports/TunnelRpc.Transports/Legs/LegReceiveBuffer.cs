namespace TunnelRpc.Transports.Legs;

/// <summary>
/// The bytes of one direction that are received and not read yet. Bytes are appended with the epoch of their leg and their offset, so
/// that duplicate, late or out-of-order bytes have no effect. Thread-safe; one reader.
/// </summary>
/// <param name="maxUnreadBytes">The maximum number of unread bytes.</param>
internal sealed class LegReceiveBuffer(int maxUnreadBytes) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly AsyncSignal _dataArrived = new();
    private readonly AsyncSignal _capacityFreed = new();

    // All fields below are guarded by _gate. The start offset of _bytes is the read offset, its end offset is the received offset.
    private readonly SegmentedBuffer _bytes = new();
    private long _epoch;
    private bool _completed;
    private bool _disposed;
    private TransportException? _failure;

    /// <summary>The number of received bytes.</summary>
    public long ReceivedOffset
    {
        get
        {
            lock (_gate)
            {
                return _bytes.EndOffset;
            }
        }
    }

    /// <summary>
    /// The number of read bytes. When it is reported, the peer releases them from its send buffer. The buffer has capacity for as many
    /// bytes after this offset as the peer may have unacknowledged.
    /// </summary>
    public long ConsumedOffset
    {
        get
        {
            lock (_gate)
            {
                return _bytes.StartOffset;
            }
        }
    }

    /// <summary>Whether the peer's end and all bytes before it are received.</summary>
    public bool IsCompleted
    {
        get
        {
            lock (_gate)
            {
                return _completed;
            }
        }
    }

    /// <summary>Whether there is capacity for at least one byte. Also true after disposal.</summary>
    public bool HasCapacity
    {
        get
        {
            lock (_gate)
            {
                return _bytes.EndOffset - _bytes.StartOffset < maxUnreadBytes || _disposed;
            }
        }
    }

    /// <summary>Returns a task that completes when bytes or the end arrive, when the buffer fails, or when another epoch starts.</summary>
    public Task WaitForDataAsync() => _dataArrived.WaitAsync();

    /// <summary>Returns a task that completes when bytes are read, when the buffer fails, or when another epoch starts.</summary>
    public Task WaitForCapacityAsync() => _capacityFreed.WaitAsync();

    /// <summary>
    /// Starts an epoch: bytes of earlier epochs are refused from now on. Returns false when <paramref name="epoch"/> is lower than the
    /// current one, or equal to it unless <paramref name="allowSame"/>.
    /// </summary>
    public bool TryBeginEpoch(long epoch, bool allowSame)
    {
        lock (_gate)
        {
            if (epoch < _epoch || (epoch == _epoch && !allowSame))
            {
                return false;
            }

            if (epoch == _epoch)
            {
                return true;
            }

            _epoch = epoch;
        }

        _dataArrived.NotifyAll();
        _capacityFreed.NotifyAll();
        return true;
    }

    /// <summary>Whether the epoch is the current one and the buffer is not disposed.</summary>
    public bool IsCurrentEpoch(long epoch)
    {
        lock (_gate)
        {
            return epoch == _epoch && !_disposed;
        }
    }

    /// <summary>
    /// Appends bytes of a stream, as many as there is capacity for. Returns the number of accepted bytes, which includes bytes that were
    /// already received; -1 when the epoch is not the current one, bytes before the offset are missing, or the buffer is completed or
    /// disposed.
    /// </summary>
    public int Append(long epoch, long offset, ReadOnlySpan<byte> data)
    {
        int accepted;
        lock (_gate)
        {
            if (epoch != _epoch || offset > _bytes.EndOffset || _completed || _disposed)
            {
                return -1;
            }

            int duplicate = (int)Math.Min(_bytes.EndOffset - offset, data.Length);
            int added = (int)Math.Min(data.Length - duplicate, maxUnreadBytes - (_bytes.EndOffset - _bytes.StartOffset));
            _bytes.Append(data.Slice(duplicate, added));
            accepted = duplicate + added;
        }

        _dataArrived.NotifyAll();
        return accepted;
    }

    /// <summary>Appends a block completely or not at all. A block is accepted at any size if the buffer has no unread bytes.</summary>
    public AppendBlockResult AppendBlock(long epoch, long offset, ReadOnlySpan<byte> data)
    {
        lock (_gate)
        {
            if (epoch != _epoch || _disposed)
            {
                return AppendBlockResult.Stale;
            }

            if (offset > _bytes.EndOffset)
            {
                return AppendBlockResult.Gap;
            }

            long duplicate = _bytes.EndOffset - offset;
            if (duplicate >= data.Length)
            {
                return AppendBlockResult.Accepted;
            }

            if (_completed)
            {
                return AppendBlockResult.Stale;
            }

            ReadOnlySpan<byte> newBytes = data[(int)duplicate..];
            long unread = _bytes.EndOffset - _bytes.StartOffset;
            if (unread > 0 && unread + newBytes.Length > maxUnreadBytes)
            {
                return AppendBlockResult.NoCapacity;
            }

            _bytes.Append(newBytes);
        }

        _dataArrived.NotifyAll();
        return AppendBlockResult.Accepted;
    }

    /// <summary>Reads the available bytes and waits for the first one; returns 0 at the end.</summary>
    /// <exception cref="TransportException">The buffer failed and all bytes before the failure are read.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            int read = TryRead(buffer.Span);
            if (read >= 0)
            {
                return read;
            }

            Task arrived = _dataArrived.WaitAsync();
            read = TryRead(buffer.Span);
            if (read >= 0)
            {
                return read;
            }

            await arrived.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Completes the buffer at the peer's end. Returns true when all <paramref name="total"/> bytes are received; the reader then reaches
    /// the end.
    /// </summary>
    public bool TryComplete(long total)
    {
        lock (_gate)
        {
            if (total != _bytes.EndOffset)
            {
                return false;
            }

            _completed = true;
        }

        _dataArrived.NotifyAll();
        return true;
    }

    /// <summary>
    /// Fails the reader after it has read the available bytes. The first failure is kept. After the peer's end a failure has no effect.
    /// </summary>
    public void Fail(TransportException failure)
    {
        lock (_gate)
        {
            _failure ??= failure;
        }

        _dataArrived.NotifyAll();
        _capacityFreed.NotifyAll();
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _failure ??= new TransportException("The connection is closed.");
            _bytes.ReleaseBefore(_bytes.EndOffset);
        }

        _dataArrived.NotifyAll();
        _capacityFreed.NotifyAll();
    }

    private int TryRead(Span<byte> buffer)
    {
        int length;
        lock (_gate)
        {
            length = (int)Math.Min(buffer.Length, _bytes.EndOffset - _bytes.StartOffset);
            if (length == 0)
            {
                return _completed ? 0
                    : _failure is null ? -1
                    : throw new TransportException(_failure.Message, _failure)
                    {
                        HttpStatus = _failure.HttpStatus,
                        IsPermanent = _failure.IsPermanent,
                    };
            }

            _bytes.CopyTo(_bytes.StartOffset, buffer[..length]);
            _bytes.ReleaseBefore(_bytes.StartOffset + length);
        }

        _capacityFreed.NotifyAll();
        return length;
    }
}
