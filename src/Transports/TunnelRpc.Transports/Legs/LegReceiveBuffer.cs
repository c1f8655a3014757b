namespace TunnelRpc.Transports.Legs;

/// <summary>
/// What one side has received and not read yet. Bytes are added under the epoch of their leg and at their offset, so that what
/// comes twice, late or out of order changes nothing. Thread-safe; one reader.
/// </summary>
/// <param name="maxUnreadBytes">So much at most waits to be read.</param>
internal sealed class LegReceiveBuffer(int maxUnreadBytes) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly AsyncSignal _dataArrived = new();
    private readonly AsyncSignal _capacityFreed = new();

    // All below under the gate. Start: what was read. End: what was received.
    private readonly SegmentedBuffer _bytes = new();
    private long _epoch;
    private bool _completed;
    private bool _disposed;
    private TransportException? _failure;

    /// <summary>How much was received.</summary>
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

    /// <summary>How much was read: the peer need not keep that any more, and there is room for as much behind it as it may keep.</summary>
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

    /// <summary>Whether the peer's end was received, and all before it.</summary>
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

    /// <summary>Whether there is room for at least one byte.</summary>
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

    /// <summary>Completes when something arrived, or another epoch began.</summary>
    public Task WaitForDataAsync() => _dataArrived.WaitAsync();

    /// <summary>Completes when something was read, or another epoch began.</summary>
    public Task WaitForCapacityAsync() => _capacityFreed.WaitAsync();

    /// <summary>Begins an epoch: nothing of an earlier one is taken any more. False when it is not above the present one (or, if that will do, equal to it).</summary>
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

    /// <summary>Whether the epoch is the present one.</summary>
    public bool IsCurrentEpoch(long epoch)
    {
        lock (_gate)
        {
            return epoch == _epoch && !_disposed;
        }
    }

    /// <summary>Adds a piece of a stream, or as much of it as there is room for; what is known already counts as added. -1 when its epoch is over, or bytes before it are missing.</summary>
    public int Append(long epoch, long offset, ReadOnlySpan<byte> data)
    {
        int used;
        lock (_gate)
        {
            if (epoch != _epoch || offset > _bytes.EndOffset || _completed || _disposed)
            {
                return -1;
            }

            int known = (int)Math.Min(_bytes.EndOffset - offset, data.Length);
            int added = (int)Math.Min(data.Length - known, maxUnreadBytes - (_bytes.EndOffset - _bytes.StartOffset));
            _bytes.Append(data.Slice(known, added));
            used = known + added;
        }

        _dataArrived.NotifyAll();
        return used;
    }

    /// <summary>Adds a block, whole or not at all.</summary>
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

            long known = _bytes.EndOffset - offset;
            if (known >= data.Length)
            {
                return AppendBlockResult.Accepted;
            }

            if (_completed)
            {
                return AppendBlockResult.Stale;
            }

            ReadOnlySpan<byte> news = data[(int)known..];
            long waiting = _bytes.EndOffset - _bytes.StartOffset;
            if (waiting > 0 && waiting + news.Length > maxUnreadBytes)
            {
                return AppendBlockResult.NoCapacity;
            }

            _bytes.Append(news);
        }

        _dataArrived.NotifyAll();
        return AppendBlockResult.Accepted;
    }

    /// <summary>Reads what there is, waiting for the first byte; 0 at the end.</summary>
    /// <exception cref="TransportException">The log failed and all before that was read.</exception>
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

    /// <summary>The peer sends no more than this; true when all of it is there, and readers will find the end.</summary>
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

    /// <summary>Makes readers fail once they have read what is there. The first failure counts, and none after the end.</summary>
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
                    : throw new TransportException(_failure.Message, _failure) { HttpStatus = _failure.HttpStatus, IsPermanent = _failure.IsPermanent };
            }

            _bytes.CopyTo(_bytes.StartOffset, buffer[..length]);
            _bytes.ReleaseBefore(_bytes.StartOffset + length);
        }

        _capacityFreed.NotifyAll();
        return length;
    }
}
