namespace TunnelRpc.Transports.Legs;

/// <summary>
/// What one side has received and not read yet. Bytes are added under the epoch of their leg and at their offset, so that what
/// comes twice, late or out of order changes nothing. Thread-safe; one reader.
/// </summary>
/// <param name="limit">So much at most waits to be read.</param>
internal sealed class ReceiveLog(int limit) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly AsyncSignal _arrived = new();
    private readonly AsyncSignal _room = new();

    // All below under the gate. Start: what was read. End: what was received.
    private readonly ByteLog _bytes = new();
    private long _epoch;
    private bool _completed;
    private bool _disposed;
    private TransportException? _failure;

    /// <summary>How much was received.</summary>
    public long Received
    {
        get
        {
            lock (_gate)
            {
                return _bytes.End;
            }
        }
    }

    /// <summary>How much was read: the peer need not keep that any more, and there is room for as much behind it as it may keep.</summary>
    public long Consumed
    {
        get
        {
            lock (_gate)
            {
                return _bytes.Start;
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
    public bool HasRoom
    {
        get
        {
            lock (_gate)
            {
                return _bytes.End - _bytes.Start < limit || _disposed;
            }
        }
    }

    /// <summary>Completes when something arrived, or another epoch began.</summary>
    public Task NextArrival() => _arrived.Next();

    /// <summary>Completes when something was read, or another epoch began.</summary>
    public Task NextRoom() => _room.Next();

    /// <summary>Begins an epoch: nothing of an earlier one is taken any more. False when it is not above the present one (or, if that will do, equal to it).</summary>
    public bool TryBegin(long epoch, bool orSame)
    {
        lock (_gate)
        {
            if (epoch < _epoch || (epoch == _epoch && !orSame))
            {
                return false;
            }

            if (epoch == _epoch)
            {
                return true;
            }

            _epoch = epoch;
        }

        _arrived.Raise();
        _room.Raise();
        return true;
    }

    /// <summary>Whether the epoch is the present one.</summary>
    public bool IsCurrent(long epoch)
    {
        lock (_gate)
        {
            return epoch == _epoch && !_disposed;
        }
    }

    /// <summary>Adds a piece of a stream, or as much of it as there is room for; what is known already counts as added. -1 when its epoch is over, or bytes before it are missing.</summary>
    public int Add(long epoch, long offset, ReadOnlySpan<byte> data)
    {
        int used;
        lock (_gate)
        {
            if (epoch != _epoch || offset > _bytes.End || _completed || _disposed)
            {
                return -1;
            }

            int known = (int)Math.Min(_bytes.End - offset, data.Length);
            int added = (int)Math.Min(data.Length - known, limit - (_bytes.End - _bytes.Start));
            _bytes.Append(data.Slice(known, added));
            used = known + added;
        }

        _arrived.Raise();
        return used;
    }

    /// <summary>Adds a block, whole or not at all.</summary>
    public BlockResult AddBlock(long epoch, long offset, ReadOnlySpan<byte> data)
    {
        lock (_gate)
        {
            if (epoch != _epoch || _disposed)
            {
                return BlockResult.Stale;
            }

            if (offset > _bytes.End)
            {
                return BlockResult.Gap;
            }

            long known = _bytes.End - offset;
            if (known >= data.Length)
            {
                return BlockResult.Taken;
            }

            if (_completed)
            {
                return BlockResult.Stale;
            }

            ReadOnlySpan<byte> news = data[(int)known..];
            long waiting = _bytes.End - _bytes.Start;
            if (waiting > 0 && waiting + news.Length > limit)
            {
                return BlockResult.NoRoom;
            }

            _bytes.Append(news);
        }

        _arrived.Raise();
        return BlockResult.Taken;
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

            Task arrived = _arrived.Next();
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
            if (total != _bytes.End)
            {
                return false;
            }

            _completed = true;
        }

        _arrived.Raise();
        return true;
    }

    /// <summary>Makes readers fail once they have read what is there. The first failure counts, and none after the end.</summary>
    public void Fail(TransportException failure)
    {
        lock (_gate)
        {
            _failure ??= failure;
        }

        _arrived.Raise();
        _room.Raise();
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _failure ??= new TransportException("The connection is closed.");
            _bytes.Release(_bytes.End);
        }

        _arrived.Raise();
        _room.Raise();
    }

    private int TryRead(Span<byte> buffer)
    {
        int length;
        lock (_gate)
        {
            length = (int)Math.Min(buffer.Length, _bytes.End - _bytes.Start);
            if (length == 0)
            {
                return _completed ? 0
                    : _failure is null ? -1
                    : throw new TransportException(_failure.Message, _failure) { HttpStatus = _failure.HttpStatus, IsDefinite = _failure.IsDefinite };
            }

            _bytes.CopyTo(_bytes.Start, buffer[..length]);
            _bytes.Release(_bytes.Start + length);
        }

        _room.Raise();
        return length;
    }
}
