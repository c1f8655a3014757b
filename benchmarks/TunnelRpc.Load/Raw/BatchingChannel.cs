using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Framing;

namespace TunnelRpc.Load.Raw;

/// <summary>
/// Frames, written by a batching flusher. Alone, a frame is written in its caller's frame; under load the flusher yields first, so that writes
/// are shared.
/// </summary>
internal abstract class BatchingChannel : FrameChannel, IThreadPoolWorkItem
{
    private const int BufferSize = 256 << 10;

    /// <summary>Past this a sender of a stream waits.</summary>
    private const int HighWaterMark = 128 << 10;

    private readonly Lock _gate = new();

    // Guarded by _gate: what gathers, whether somebody flushes, and who waits for room.
    private byte[] _batch = new byte[BufferSize];
    private int _batchLength;
    private bool _flushing;
    private TaskCompletionSource? _waiter;

    // The flusher's.
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

    /// <summary>Reads at least a byte; 0 at the end.</summary>
    protected abstract ValueTask<int> ReadAsync(Memory<byte> buffer);

    /// <summary>Writes all of it.</summary>
    protected abstract ValueTask WriteAsync(ReadOnlyMemory<byte> data);

    /// <summary>Whether the peer, or this side, is gone.</summary>
    protected abstract bool IsDisconnect(Exception error);

    void IThreadPoolWorkItem.Execute()
    {
        try
        {
            Flush();
        }
        catch (Exception gone) when (IsDisconnect(gone))
        {
            // The reader tells; nothing is flushed any more.
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
        catch (Exception gone) when (IsDisconnect(gone))
        {
            // Likewise.
        }
    }

    private bool TryTake(out int count)
    {
        TaskCompletionSource? waiting;
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
            waiting = _waiter;
            _waiter = null;
        }

        waiting?.SetResult();
        return true;
    }
}
