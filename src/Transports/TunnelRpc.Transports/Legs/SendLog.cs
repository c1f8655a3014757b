using System.Buffers;

namespace TunnelRpc.Transports.Legs;

/// <summary>
/// What one side sends, from the first byte that the other has not acknowledged on: a leg that is opened again takes it from any
/// offset in there. Only the last leg that claimed it takes from it. Thread-safe; one writer.
/// </summary>
/// <param name="retained">So much at most is kept.</param>
/// <param name="unsent">So much at most waits to be taken: a writer must not run far ahead of the network.</param>
internal sealed class SendLog(int retained, int unsent) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly AsyncSignal _changed = new();
    private readonly AsyncSignal _room = new();

    // All below under the gate. Start: what is acknowledged and taken; a stream has no holes, so what the other side got from the
    // leg before is taken all the same.
    private readonly ByteLog _bytes = new();
    private long _acknowledged;

    // The next byte to be taken, and the highest it ever was: nothing above that can have been received.
    private long _next;
    private long _taken;

    // The number of the claim that counts; -1 once disposed.
    private long _claim;
    private bool _completed;
    private TransportException? _failure;

    /// <summary>How much was acknowledged.</summary>
    public long Acknowledged
    {
        get
        {
            lock (_gate)
            {
                return _acknowledged;
            }
        }
    }

    /// <summary>How much was appended.</summary>
    public long End
    {
        get
        {
            lock (_gate)
            {
                return _bytes.End;
            }
        }
    }

    /// <summary>What waits to be taken.</summary>
    public long Unsent
    {
        get
        {
            lock (_gate)
            {
                return _bytes.End - _next;
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

    /// <summary>Completes when there is something new for takers: bytes, the end, another claim, or <see cref="Wake"/>.</summary>
    public Task NextChange() => _changed.Next();

    /// <summary>Wakes takers, for a reason of the caller's.</summary>
    public void Wake() => _changed.Raise();

    /// <summary>Appends all of the data, waiting for room.</summary>
    /// <exception cref="TransportException">The log failed.</exception>
    public async ValueTask AppendAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
    {
        while (!TryAppend(ref data))
        {
            Task room = _room.Next();
            if (TryAppend(ref data))
            {
                return;
            }

            await room.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Makes the caller the one that takes, from that offset on; false when that is not there.</summary>
    public bool TryClaim(long offset, out long claim)
    {
        lock (_gate)
        {
            claim = -1;
            if (_claim < 0 || offset < _acknowledged || offset > _taken)
            {
                return false;
            }

            _next = offset;
            claim = ++_claim;
        }

        _changed.Raise();
        return true;
    }

    /// <summary>Makes the caller the one that takes, from what is not acknowledged on; -1 when the log is disposed.</summary>
    public long Claim(out long offset)
    {
        long claim = -1;
        lock (_gate)
        {
            offset = _acknowledged;
            if (_claim >= 0)
            {
                _next = offset;
                claim = ++_claim;
                _bytes.Release(offset);
            }
        }

        _changed.Raise();
        return claim;
    }

    /// <summary>Takes the next bytes, as many as there are and fit; -1 when another claim counts by now.</summary>
    public int Take(long claim, Span<byte> destination, out long offset)
    {
        int length;
        lock (_gate)
        {
            offset = _next;
            if (claim != _claim || claim < 0)
            {
                return -1;
            }

            length = (int)Math.Min(destination.Length, _bytes.End - _next);
            _bytes.CopyTo(_next, destination[..length]);
            _next += length;
            _taken = Math.Max(_taken, _next);
            _bytes.Release(Math.Min(_acknowledged, _next));
        }

        if (length > 0)
        {
            _room.Raise();
        }

        return length;
    }

    /// <summary>Whether the claim counts.</summary>
    public bool IsCurrent(long claim)
    {
        lock (_gate)
        {
            return claim == _claim;
        }
    }

    /// <summary>Whether nothing will ever be taken any more by this claim: all was, and no more will be appended.</summary>
    public bool IsDrained(long claim)
    {
        lock (_gate)
        {
            return claim == _claim && _completed && _next == _bytes.End;
        }
    }

    /// <summary>The other side has everything below the offset; an old one changes nothing. False when that was never sent.</summary>
    public bool TryRelease(long offset)
    {
        lock (_gate)
        {
            if (offset > _taken)
            {
                return false;
            }

            if (_claim < 0 || offset <= _acknowledged)
            {
                return true;
            }

            _acknowledged = offset;
            _bytes.Release(Math.Min(offset, _next));
        }

        _room.Raise();
        return true;
    }

    /// <summary>Nothing more is appended.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            _completed = true;
        }

        _changed.Raise();
    }

    /// <summary>Makes writers fail. The first failure counts.</summary>
    public void Fail(TransportException failure)
    {
        lock (_gate)
        {
            _failure ??= failure;
        }

        _room.Raise();
        _changed.Raise();
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _claim = -1;
            _failure ??= new TransportException("The connection is closed.");
            _bytes.Dispose();
        }

        _room.Raise();
        _changed.Raise();
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
                    throw new TransportException(_failure.Message, _failure) { HttpStatus = _failure.HttpStatus, IsDefinite = _failure.IsDefinite };
                }

                long room = Math.Min(retained - (_bytes.End - _bytes.Start), unsent - (_bytes.End - _next));
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
            _changed.Raise();
        }

        return data.IsEmpty;
    }
}
