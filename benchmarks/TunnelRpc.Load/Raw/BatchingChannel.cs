using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Framing;

namespace TunnelRpc.Load.Raw;

/// <summary>
/// Appends frames to a batch that one flusher writes. If no other call is in flight, the caller's thread writes its frame inline. Under
/// load the flusher is a work item of the thread pool, so that concurrent senders share a write.
/// </summary>
internal abstract class BatchingChannel : FrameChannel, IThreadPoolWorkItem
{
    private const int BufferSize = 256 << 10;

    /// <summary>The sender of a stream waits while at least this many bytes are unsent.</summary>
    private const int HighWaterMark = 128 << 10;

    private readonly Lock _gate = new();

    // Guarded by _gate: the unsent batch, whether a flusher runs, and the waiter for capacity.
    private byte[] _batch = new byte[BufferSize];
    private int _batchLength;
    private bool _flushing;
    private TaskCompletionSource? _waiter;

    // Owned by the flusher: the batch that is written now.
    private byte[] _writing = new byte[BufferSize];

    public override bool IsFull => Volatile.Read(ref _batchLength) >= HighWaterMark;

    public override async Task ReadAsync()
    {
        byte[] buffer = new byte[BufferSize];
        int length = 0;
        while (true)
        {
            int count = await ReadAsync(buffer.AsMemory(length));
            if (count == 0)
            {
                return;
            }

            length += count;
            int used = Parse(buffer.AsSpan(0, length));
            buffer.AsSpan(used, length - used).CopyTo(buffer);
            length -= used;

            if (Handler.RepliesOnReader && IsFull)
            {
                await WaitForCapacityAsync();
            }
        }
    }

    public override ValueTask WaitForCapacityAsync()
    {
        lock (_gate)
        {
            return IsFull ? new((_waiter ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task) : default;
        }
    }

    public override void Send(FrameKind kind, uint id, Sample sample, bool alone)
    {
        bool flush;
        lock (_gate)
        {
            if (_batch.Length - _batchLength < HeadSize + MaxFrameSize)
            {
                Array.Resize(ref _batch, _batch.Length * 2);
            }

            _batchLength += Encode(_batch.AsSpan(_batchLength), kind, id, sample);
            flush = !_flushing;
            _flushing = true;
        }

        if (!flush)
        {
            return;
        }

        if (alone)
        {
            Flush();
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>Reads at least one byte. Returns 0 at the end.</summary>
    protected abstract ValueTask<int> ReadAsync(Memory<byte> buffer);

    /// <summary>Writes all of <paramref name="data"/>.</summary>
    protected abstract ValueTask WriteAsync(ReadOnlyMemory<byte> data);

    /// <summary>Whether the error means that the peer has disconnected or this side was disposed.</summary>
    protected abstract bool IsDisconnect(Exception error);

    void IThreadPoolWorkItem.Execute()
    {
        try
        {
            Flush();
        }
        catch (Exception error) when (IsDisconnect(error))
        {
            // The reader reports the disconnect. No further frames are flushed.
        }
    }

    private void Flush()
    {
        while (TryTake(out int count))
        {
            ValueTask writing = WriteAsync(_writing.AsMemory(0, count));
            if (!writing.IsCompleted)
            {
                _ = ContinueFlushAsync(writing);
                return;
            }

            writing.GetAwaiter().GetResult();
        }
    }

    private async Task ContinueFlushAsync(ValueTask writing)
    {
        try
        {
            await writing;
            Flush();
        }
        catch (Exception error) when (IsDisconnect(error))
        {
            // The reader reports the disconnect.
        }
    }

    private bool TryTake(out int count)
    {
        TaskCompletionSource? waiter;
        lock (_gate)
        {
            count = _batchLength;
            if (count == 0)
            {
                _flushing = false;
                return false;
            }

            (_batch, _writing) = (_writing, _batch);
            _batchLength = 0;
            waiter = _waiter;
            _waiter = null;
        }

        waiter?.SetResult();
        return true;
    }
}
