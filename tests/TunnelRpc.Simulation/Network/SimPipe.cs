using System.Buffers;
using TunnelRpc.Simulation.Scheduling;
using TunnelRpc.Transports;

namespace TunnelRpc.Simulation.Network;

/// <summary>
/// One direction of a link: the bytes in flight, and the bytes that have arrived and wait to be read. Used only on the run's single worker
/// thread.
/// </summary>
internal sealed class SimPipe(SimLink link, bool isUp, LinkQuality quality, SimClock clock, SimRandom random, Trace trace)
{
    private readonly ByteQueue _inFlight = new(quality.SendBufferBytes);
    private readonly ByteQueue _arrived = new(quality.ReceiveBufferBytes);
    private TaskCompletionSource? _reader;
    private TaskCompletionSource? _writer;
    private string? _readFault;
    private string? _writeFault;
    private bool _isDelivering;
    private bool _isDead;
    private bool _isFinished;
    private bool _hasEnded;
    private bool _isReaderClosed;
    private TimeSpan _stalledUntil;

    public long Delivered { get; private set; }

    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (random.Chance(0.05))
        {
            await Task.Yield();
        }

        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_readFault is not null)
            {
                throw new TransportException(_readFault);
            }

            if (_arrived.Count > 0)
            {
                int count = _arrived.Read(buffer.Span);
                trace.Add(isUp ? "server reads" : "client reads", link.Number, count);
                StartDelivery();
                return count;
            }

            if (_hasEnded)
            {
                trace.Add(isUp ? "server reads the end" : "client reads the end", link.Number);
                return 0;
            }

            _reader = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await _reader.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
    {
        trace.Add(isUp ? "client writes" : "server writes", link.Number, data.Length);
        if (random.Chance(0.05))
        {
            await Task.Yield();
        }

        foreach (ReadOnlyMemory<byte> segment in data)
        {
            ReadOnlyMemory<byte> rest = segment;
            while (!rest.IsEmpty)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (_writeFault is not null)
                {
                    throw new TransportException(_writeFault);
                }

                int count = _inFlight.Write(rest.Span);
                rest = rest[count..];
                StartDelivery();
                if (!rest.IsEmpty)
                {
                    _writer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    await _writer.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
                }
            }
        }

        // As with a socket, a write reports an error that has been detected by now.
        if (_writeFault is not null)
        {
            throw new TransportException(_writeFault);
        }
    }

    /// <summary>No byte arrives for this time.</summary>
    public void Stall(TimeSpan time)
    {
        _stalledUntil = clock.Elapsed + time;
        clock.Schedule(time, StartDelivery);
    }

    /// <summary>No byte arrives any more. The bytes in flight are dropped.</summary>
    public void Kill()
    {
        _isDead = true;
        _inFlight.Clear();
    }

    /// <summary>The writer has finished. The reader sees the end after the bytes in flight.</summary>
    public void Finish()
    {
        _isFinished = true;
        StartDelivery();
    }

    /// <summary>
    /// Fails a pending read and later ones, even if arrived bytes are unread. Null instead ends the stream after the arrived bytes.
    /// </summary>
    public void FailReader(string? fault)
    {
        _readFault ??= fault;
        _hasEnded = true;
        Wake(ref _reader);
    }

    /// <summary>Fails a pending write and later ones.</summary>
    public void FailWriter(string fault)
    {
        _writeFault ??= fault;
        Wake(ref _writer);
    }

    /// <summary>The reader has closed. Bytes that arrive from now on cause a reset.</summary>
    public void CloseReader()
    {
        _isReaderClosed = true;
        FailReader("The connection is closed on this side.");
    }

    private static void Wake(ref TaskCompletionSource? waiter)
    {
        TaskCompletionSource? woken = waiter;
        waiter = null;
        woken?.TrySetResult();
    }

    /// <summary>Puts the next segment, or the end, in flight unless one is in flight already.</summary>
    private void StartDelivery()
    {
        bool hasNext = _inFlight.Count > 0 ? _arrived.FreeBytes > 0 || _isReaderClosed : _isFinished && !_hasEnded;
        if (_isDelivering || _isDead || !hasNext || clock.Elapsed < _stalledUntil)
        {
            return;
        }

        _isDelivering = true;
        clock.Schedule(random.Between(quality.MinLatency, quality.MaxLatency), OnDelivered);
    }

    private void OnDelivered()
    {
        _isDelivering = false;
        if (_isDead || clock.Elapsed < _stalledUntil)
        {
            return;
        }

        if (_inFlight.Count == 0)
        {
            trace.Add(isUp ? "end arrives up" : "end arrives down", link.Number);
            _hasEnded = true;
            Wake(ref _reader);
            return;
        }

        if (_isReaderClosed)
        {
            trace.Add("reset", link.Number);
            link.Reset(isUp);
            return;
        }

        int max = Math.Min(Math.Min(_inFlight.Count, quality.MaxSegmentBytes), _arrived.FreeBytes);
        int count = random.Chance(0.7) ? max : random.Between(1, max);
        long remaining = link.BytesUntilBreak(isUp, Delivered);
        if (remaining >= 0 && count >= remaining)
        {
            count = (int)remaining;
        }

        _inFlight.MoveTo(_arrived, count);
        Delivered += count;
        trace.Add(isUp ? "arrives up" : "arrives down", link.Number, count, Delivered);
        Wake(ref _reader);
        Wake(ref _writer);
        if (remaining >= 0 && count == remaining)
        {
            link.Break();
        }
        else
        {
            StartDelivery();
        }
    }
}
