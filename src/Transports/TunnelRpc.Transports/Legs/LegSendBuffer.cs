using System.Buffers;

namespace TunnelRpc.Transports.Legs;

/// <summary>
/// What one side sends, from the first byte that the other has not acknowledged on: a leg that is opened again takes it from any
/// offset in there. Only the last leg that claimed it takes from it. Thread-safe; one writer.
/// </summary>
/// <param name="maxUnacknowledgedBytes">So much at most is kept.</param>
/// <param name="maxUnsentBytes">So much at most waits to be taken: a writer must not run far ahead of the network.</param>
internal sealed class LegSendBuffer(int maxUnacknowledgedBytes, int maxUnsentBytes) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly AsyncSignal _changed = new();
    private readonly AsyncSignal _capacityFreed = new();

    // All below under the gate. Start: what is acknowledged and taken; a stream has no holes, so what the other side got from the
    // leg before is taken all the same.
    private readonly SegmentedBuffer _bytes = new();
    private long _acknowledgedOffset;

    // The next byte to be taken, and the highest it ever was: nothing above that can have been received.
    private long _nextOffset;
    private long _sentOffset;

    // The number of the claim that counts; -1 once disposed.
    private long _currentClaim;
    private bool _completed;
    private TransportException? _failure;

    /// <summary>How much was acknowledged.</summary>
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

    /// <summary>How much was appended.</summary>
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

    /// <summary>What waits to be taken.</summary>
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

    /// <summary>Completes when there is something new for takers: bytes, the end, another claim, or <see cref="NotifyChanged"/>.</summary>
    public Task WaitForChangeAsync() => _changed.WaitAsync();

    /// <summary>Wakes takers, for a reason of the caller's.</summary>
    public void NotifyChanged() => _changed.NotifyAll();

    /// <summary>Appends all of the data, waiting for room.</summary>
    /// <exception cref="TransportException">The log failed.</exception>
    public async ValueTask AppendAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
    {
        while (!TryAppend(ref data))
        {
            Task room = _capacityFreed.WaitAsync();
            if (TryAppend(ref data))
            {
                return;
            }

            await room.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Makes the caller the one that takes, from that offset on; false when that is not there.</summary>
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

    /// <summary>Makes the caller the one that takes, from what is not acknowledged on; -1 when the log is disposed.</summary>
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

    /// <summary>Takes the next bytes, as many as there are and fit; -1 when another claim counts by now.</summary>
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

    /// <summary>Whether the claim counts.</summary>
    public bool IsCurrentClaim(long claim)
    {
        lock (_gate)
        {
            return claim == _currentClaim;
        }
    }

    /// <summary>Whether nothing will ever be taken any more by this claim: all was, and no more will be appended.</summary>
    public bool HasSentAll(long claim)
    {
        lock (_gate)
        {
            return claim == _currentClaim && _completed && _nextOffset == _bytes.EndOffset;
        }
    }

    /// <summary>The other side has everything below the offset; an old one changes nothing. False when that was never sent.</summary>
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

    /// <summary>Nothing more is appended.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            _completed = true;
        }

        _changed.NotifyAll();
    }

    /// <summary>Makes writers fail. The first failure counts.</summary>
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
                    throw new TransportException(_failure.Message, _failure) { HttpStatus = _failure.HttpStatus, IsPermanent = _failure.IsPermanent };
                }

                long room = Math.Min(maxUnacknowledgedBytes - (_bytes.EndOffset - _bytes.StartOffset), maxUnsentBytes - (_bytes.EndOffset - _nextOffset));
                ReadOnlySpan<byte> first = data.FirstSpan;
                int length = (int)Math.Min(room, first.Length);
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
