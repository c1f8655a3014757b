using System.Buffers;

namespace TunnelRpc.Transports.Legs;

/// <summary>
/// The bytes of one direction from the first unacknowledged one on. A reopened leg can send again from any offset in the buffer. A leg
/// claims the buffer before it takes bytes, and only the most recent claim can take bytes. Thread-safe; one writer.
/// </summary>
/// <param name="maxUnacknowledgedBytes">The maximum number of unacknowledged bytes. A writer waits at this limit.</param>
/// <param name="maxUnsentBytes">
/// The maximum number of bytes that no leg has taken yet. A writer waits at this limit, so that it does not run far ahead of the network.
/// </param>
internal sealed class LegSendBuffer(int maxUnacknowledgedBytes, int maxUnsentBytes) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly AsyncSignal _changed = new();
    private readonly AsyncSignal _capacityFreed = new();

    // All fields below are guarded by _gate. The start offset of _bytes is the minimum of the acknowledged and the next offset: a stream
    // has no gaps, so a leg also sends bytes that the peer has received by the previous leg.
    private readonly SegmentedBuffer _bytes = new();
    private long _acknowledgedOffset;

    // The offset of the next byte to take, and the maximum that it ever had: the peer cannot have received bytes beyond that.
    private long _nextOffset;
    private long _sentOffset;

    // The most recent claim; -1 after disposal.
    private long _currentClaim;
    private bool _completed;
    private TransportException? _failure;

    /// <summary>The number of acknowledged bytes.</summary>
    public long AcknowledgedOffset
    {
        get
        {
            lock (_gate)
            {
                return _acknowledgedOffset;
            }
        }
    }

    /// <summary>The number of appended bytes.</summary>
    public long WrittenOffset
    {
        get
        {
            lock (_gate)
            {
                return _bytes.EndOffset;
            }
        }
    }

    /// <summary>The number of bytes that the current claim has not taken yet.</summary>
    public long UnsentBytes
    {
        get
        {
            lock (_gate)
            {
                return _bytes.EndOffset - _nextOffset;
            }
        }
    }

    /// <summary>Whether <see cref="Complete"/> was called.</summary>
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

    /// <summary>
    /// Returns a task that completes at the next change for a leg: new bytes, the end, a failure, another claim, or
    /// <see cref="NotifyChanged"/>.
    /// </summary>
    public Task WaitForChangeAsync() => _changed.WaitAsync();

    /// <summary>Completes the tasks of <see cref="WaitForChangeAsync"/>, for a change outside of this buffer.</summary>
    public void NotifyChanged() => _changed.NotifyAll();

    /// <summary>Appends all of the data and waits for capacity.</summary>
    /// <exception cref="TransportException">The buffer failed or is disposed.</exception>
    public async ValueTask AppendAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
    {
        while (!TryAppend(ref data))
        {
            Task capacityFreed = _capacityFreed.WaitAsync();
            if (TryAppend(ref data))
            {
                return;
            }

            await capacityFreed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Creates a claim that takes bytes from <paramref name="offset"/> on. Returns false when the offset is before the acknowledged one,
    /// beyond the sent bytes, or the buffer is disposed.
    /// </summary>
    public bool TryClaimFrom(long offset, out long claim)
    {
        lock (_gate)
        {
            claim = -1;
            if (_currentClaim < 0 || offset < _acknowledgedOffset || offset > _sentOffset)
            {
                return false;
            }

            _nextOffset = offset;
            claim = ++_currentClaim;
        }

        _changed.NotifyAll();
        return true;
    }

    /// <summary>Creates a claim that takes bytes from the acknowledged offset on; returns -1 when the buffer is disposed.</summary>
    public long ClaimFromAcknowledged(out long offset)
    {
        long claim = -1;
        lock (_gate)
        {
            offset = _acknowledgedOffset;
            if (_currentClaim >= 0)
            {
                _nextOffset = offset;
                claim = ++_currentClaim;
                _bytes.ReleaseBefore(offset);
            }
        }

        _changed.NotifyAll();
        return claim;
    }

    /// <summary>
    /// Takes the next bytes, as many as are available and fit, and returns their number; -1 when the claim is not the most recent one.
    /// </summary>
    public int TakeUnsent(long claim, Span<byte> destination, out long offset)
    {
        int length;
        lock (_gate)
        {
            offset = _nextOffset;
            if (claim != _currentClaim || claim < 0)
            {
                return -1;
            }

            length = (int)Math.Min(destination.Length, _bytes.EndOffset - _nextOffset);
            _bytes.CopyTo(_nextOffset, destination[..length]);
            _nextOffset += length;
            _sentOffset = Math.Max(_sentOffset, _nextOffset);
            _bytes.ReleaseBefore(Math.Min(_acknowledgedOffset, _nextOffset));
        }

        if (length > 0)
        {
            _capacityFreed.NotifyAll();
        }

        return length;
    }

    /// <summary>Whether the claim is the most recent one.</summary>
    public bool IsCurrentClaim(long claim)
    {
        lock (_gate)
        {
            return claim == _currentClaim;
        }
    }

    /// <summary>Whether the claim is the most recent one, has taken all bytes, and no more bytes will be appended.</summary>
    public bool HasSentAll(long claim)
    {
        lock (_gate)
        {
            return claim == _currentClaim && _completed && _nextOffset == _bytes.EndOffset;
        }
    }

    /// <summary>
    /// Acknowledges all bytes before the offset. A lower offset than before has no effect. Returns false when the offset is beyond the sent
    /// bytes.
    /// </summary>
    public bool TryAcknowledge(long offset)
    {
        lock (_gate)
        {
            if (offset > _sentOffset)
            {
                return false;
            }

            if (_currentClaim < 0 || offset <= _acknowledgedOffset)
            {
                return true;
            }

            _acknowledgedOffset = offset;
            _bytes.ReleaseBefore(Math.Min(offset, _nextOffset));
        }

        _capacityFreed.NotifyAll();
        return true;
    }

    /// <summary>Marks the end: no more bytes will be appended.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            _completed = true;
        }

        _changed.NotifyAll();
    }

    /// <summary>Fails the writer. The first failure is kept.</summary>
    public void Fail(TransportException failure)
    {
        lock (_gate)
        {
            _failure ??= failure;
        }

        _capacityFreed.NotifyAll();
        _changed.NotifyAll();
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _currentClaim = -1;
            _failure ??= new TransportException("The connection is closed.");
            _bytes.Dispose();
        }

        _capacityFreed.NotifyAll();
        _changed.NotifyAll();
    }

    private bool TryAppend(ref ReadOnlySequence<byte> data)
    {
        bool appended = false;
        lock (_gate)
        {
            while (true)
            {
                if (_failure is not null)
                {
                    throw new TransportException(_failure.Message, _failure)
                    {
                        HttpStatus = _failure.HttpStatus,
                        IsPermanent = _failure.IsPermanent,
                    };
                }

                long capacity = Math.Min(
                    maxUnacknowledgedBytes - (_bytes.EndOffset - _bytes.StartOffset),
                    maxUnsentBytes - (_bytes.EndOffset - _nextOffset));
                ReadOnlySpan<byte> first = data.FirstSpan;
                int length = (int)Math.Min(capacity, first.Length);
                if (first.IsEmpty && data.IsEmpty)
                {
                    break;
                }

                if (length <= 0 && !first.IsEmpty)
                {
                    break;
                }

                _bytes.Append(first[..length]);
                data = data.Slice(length);
                appended = true;
            }
        }

        if (appended)
        {
            _changed.NotifyAll();
        }

        return data.IsEmpty;
    }
}
