using System.Buffers;
using TunnelRpc.Simulation.Scheduling;
using TunnelRpc.Transports;

namespace TunnelRpc.Simulation.Network;

/// <summary>One direction of a link: what is under way, and what has arrived and waits to be read. The worker's alone.</summary>
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

        // As a socket's: an error that is known by now is told.
        if (_writeFault is not null)
        {
            throw new TransportException(_writeFault);
        }
    }

    /// <summary>Nothing arrives for a time.</summary>
    public void Stall(TimeSpan time)
    {
        _stalledUntil = clock.Elapsed + time;
        clock.Schedule(time, StartDelivery);
    }

    /// <summary>Nothing arrives any more; what is under way is lost.</summary>
    public void Kill()
    {
        _isDead = true;
        _inFlight.Clear();
    }

    /// <summary>The writer has finished: the reader sees the end behind what is under way.</summary>
    public void Finish()
    {
        _isFinished = true;
        StartDelivery();
    }

    /// <summary>Whoever reads is told of a failure.</summary>
    public void FailReader(string? fault)
    {
        _readFault ??= fault;
        _hasEnded = true;
        Wake(ref _reader);
    }

    /// <summary>Whoever writes is told of a failure.</summary>
    public void FailWriter(string fault)
    {
        _writeFault ??= fault;
        Wake(ref _writer);
    }

    /// <summary>The reader has closed: what arrives from now on is answered with a reset.</summary>
    public void CloseReader()
    {
        _isReaderClosed = true;
        FailReader("The connection is closed on this side.");
    }

    private static void Wake(ref TaskCompletionSource? waiting)
    {
        TaskCompletionSource? woken = waiting;
        waiting = null;
        woken?.TrySetResult();
    }

    /// <summary>The next piece is put under way, when there is one and none is.</summary>
    private void StartDelivery()
    {
        bool anything = _inFlight.Count > 0 ? _arrived.FreeBytes > 0 || _isReaderClosed : _isFinished && !_hasEnded;
        if (_isDelivering || _isDead || !anything || clock.Elapsed < _stalledUntil)
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

        int most = Math.Min(Math.Min(_inFlight.Count, quality.MaxSegmentBytes), _arrived.FreeBytes);
        int count = random.Chance(0.7) ? most : random.Between(1, most);
        long left = link.BytesUntilBreak(isUp, Delivered);
        if (left >= 0 && count >= left)
        {
            count = (int)left;
        }

        _inFlight.MoveTo(_arrived, count);
        Delivered += count;
        trace.Add(isUp ? "arrives up" : "arrives down", link.Number, count, Delivered);
        Wake(ref _reader);
        Wake(ref _writer);
        if (left >= 0 && count == left)
        {
            link.Break();
        }
        else
        {
            StartDelivery();
        }
    }
}
