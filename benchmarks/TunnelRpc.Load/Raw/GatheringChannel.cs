using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Framing;

namespace TunnelRpc.Load.Raw;

/// <summary>
/// Frames, written by a batching flusher. Alone, a frame is written in its caller's frame; under load the flusher yields first, so that writes
/// are shared.
/// </summary>
internal abstract class GatheringChannel : FrameChannel, IThreadPoolWorkItem
{
    private const int BufferSize = 256 << 10;

    /// <summary>Past this a sender of a stream waits.</summary>
    private const int Bound = 128 << 10;

    private readonly Lock _gate = new();

    // Guarded by _gate: what gathers, whether somebody flushes, and who waits for room.
    private byte[] _gathering = new byte[BufferSize];
    private int _gathered;
    private bool _flushing;
    private TaskCompletionSource? _waiting;

    // The flusher's.
    private byte[] _writing = new byte[BufferSize];

    public override bool IsFull => Volatile.Read(ref _gathered) >= Bound;

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

            if (Handler.AnswersOnReader && IsFull)
            {
                await WaitForRoomAsync();
            }
        }
    }

    public override ValueTask WaitForRoomAsync()
    {
        lock (_gate)
        {
            return IsFull ? new((_waiting ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task) : default;
        }
    }

    public override void Send(FrameKind kind, uint id, Sample sample, bool alone)
    {
        bool flush;
        lock (_gate)
        {
            if (_gathering.Length - _gathered < HeadSize + MaxFrameSize)
            {
                Array.Resize(ref _gathering, _gathering.Length * 2);
            }

            _gathered += Encode(_gathering.AsSpan(_gathered), kind, id, sample);
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
    protected abstract bool IsGone(Exception error);

    void IThreadPoolWorkItem.Execute()
    {
        try
        {
            Flush();
        }
        catch (Exception gone) when (IsGone(gone))
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
                _ = FlushBehindAsync(writing);
                return;
            }

            writing.GetAwaiter().GetResult();
        }
    }

    private async Task FlushBehindAsync(ValueTask writing)
    {
        try
        {
            await writing;
            Flush();
        }
        catch (Exception gone) when (IsGone(gone))
        {
            // Likewise.
        }
    }

    private bool TryTake(out int count)
    {
        TaskCompletionSource? waiting;
        lock (_gate)
        {
            count = _gathered;
            if (count == 0)
            {
                _flushing = false;
                return false;
            }

            (_gathering, _writing) = (_writing, _gathering);
            _gathered = 0;
            waiting = _waiting;
            _waiting = null;
        }

        waiting?.SetResult();
        return true;
    }
}
