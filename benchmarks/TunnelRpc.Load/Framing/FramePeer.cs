using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Framing;

/// <summary>
/// One side of the limit. Calls are pooled slots, and the id of a call is the index of its slot. Each request is a pooled work item of the
/// thread pool. There is at most one stream at a time.
/// </summary>
internal sealed class FramePeer : IFrameHandler
{
    private const int SlotCount = 4096;
    private readonly FrameChannel _channel;
    private readonly EchoSlot[] _slots;
    private readonly ConcurrentQueue<int> _free = new(Enumerable.Range(0, SlotCount));
    private readonly ConcurrentQueue<EchoWork> _work = new();

    // Changed by Interlocked: the calls of this side that wait for their reply, and the calls of the peer that have no reply yet.
    private int _open;
    private int _running;

    // Used only by the reader: the items received on the current stream.
    private long _items;

    // Completed at the end of the stream that this side has started; null if there is none.
    private TaskCompletionSource<long>? _stream;

    /// <summary>Whether the reader sends each item of the current stream back. Used only by the reader.</summary>
    public bool RepliesOnReader { get; private set; }

    public FramePeer(FrameChannel channel)
    {
        _slots = [.. Enumerable.Range(0, SlotCount).Select(i => new EchoSlot(this, i))];
        _channel = channel;
        channel.Handler = this;
    }

    /// <summary>Reads until the peer disconnects. Pending calls then fail.</summary>
    public async Task RunAsync()
    {
        try
        {
            await _channel.ReadAsync();
        }
        finally
        {
            var error = new IOException("The peer has disconnected.");
            foreach (EchoSlot slot in _slots)
            {
                slot.TryFail(error);
            }

            _stream?.TrySetException(error);
        }
    }

    public ValueTask<Sample> EchoAsync(Sample sample)
    {
        if (!_free.TryDequeue(out int index))
        {
            throw new InvalidOperationException($"Expected at most {SlotCount} concurrent calls, got one more.");
        }

        EchoSlot slot = _slots[index];
        var result = new ValueTask<Sample>(slot, slot.Version);
        _channel.Send(FrameKind.Request, (uint)index, sample, Interlocked.Increment(ref _open) == 1);
        return result;
    }

    /// <summary>Makes the peer send items for <paramref name="duration"/>.</summary>
    public Task<StreamFigures> DownloadItemsAsync(TimeSpan duration) =>
        StreamAsync(() =>
        {
            Command(FrameKind.StartDownload, (long)duration.TotalMilliseconds);
            return Task.CompletedTask;
        });

    /// <summary>Sends items for <paramref name="duration"/>.</summary>
    public Task<StreamFigures> UploadItemsAsync(TimeSpan duration) =>
        StreamAsync(() => SendItemsAsync(FrameKind.Item, FrameKind.LastItem, duration));

    /// <summary>Sends items for <paramref name="duration"/>. The peer sends each item back.</summary>
    public Task<StreamFigures> EchoItemsAsync(TimeSpan duration) =>
        StreamAsync(() => SendItemsAsync(FrameKind.EchoItem, FrameKind.LastEchoItem, duration));

    /// <summary>Returns the slot of a call after its reply was consumed.</summary>
    public void Return(int index)
    {
        Interlocked.Decrement(ref _open);
        _free.Enqueue(index);
    }

    /// <summary>Sends the reply to a request. Runs on the thread pool.</summary>
    public void SendReply(EchoWork work)
    {
        _channel.Send(FrameKind.Reply, work.Id, work.Sample, Volatile.Read(ref _running) == 1);
        Interlocked.Decrement(ref _running);
        _work.Enqueue(work);
    }

    void IFrameHandler.OnFrame(FrameKind kind, uint id, ReadOnlySpan<byte> body)
    {
        Sample sample = SampleCodec.Decode(body);
        switch (kind)
        {
            case FrameKind.Request:
                Interlocked.Increment(ref _running);
                if (!_work.TryDequeue(out EchoWork? work))
                {
                    work = new EchoWork(this);
                }

                work.Id = id;
                work.Sample = sample;
                ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);
                break;
            case FrameKind.Reply:
                _slots[id].Complete(sample);
                break;
            case FrameKind.Item:
                _items++;
                break;
            case FrameKind.EchoItem:
                RepliesOnReader = true;
                _channel.Send(FrameKind.Item, 0, sample, alone: false);
                break;
            default:
                OnCommand(kind, sample);
                break;
        }
    }

    private void OnCommand(FrameKind kind, Sample sample)
    {
        switch (kind)
        {
            case FrameKind.LastItem:
                long items = _items;
                _items = 0;
                if (_stream is { } pending)
                {
                    pending.SetResult(items);
                }
                else
                {
                    Command(FrameKind.ItemCount, items);
                }

                break;
            case FrameKind.ItemCount:
                _stream!.SetResult(long.Parse(sample.Name, CultureInfo.InvariantCulture));
                break;
            case FrameKind.LastEchoItem:
                RepliesOnReader = false;
                Command(FrameKind.LastItem, 0);
                break;
            case FrameKind.StartDownload:
                var duration = TimeSpan.FromMilliseconds(long.Parse(sample.Name, CultureInfo.InvariantCulture));
                _ = Task.Run(() => SendItemsAsync(FrameKind.Item, FrameKind.LastItem, duration));
                break;
            default:
                throw new InvalidDataException($"Expected a frame of a known kind, got {kind}.");
        }
    }

    private void Command(FrameKind kind, long number) =>
        _channel.Send(kind, 0, Sample.One with { Name = number.ToString(CultureInfo.InvariantCulture) }, alone: false);

    private async Task SendItemsAsync(FrameKind item, FrameKind last, TimeSpan duration)
    {
        long startTimestamp = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(startTimestamp) < duration)
        {
            for (int i = 0; i < Items.ClockCheckInterval; i++)
            {
                _channel.Send(item, 0, Sample.One, alone: false);
            }

            if (_channel.IsFull)
            {
                await _channel.WaitForCapacityAsync();
            }
        }

        Command(last, 0);
    }

    private async Task<StreamFigures> StreamAsync(Func<Task> start)
    {
        _stream = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        long startTimestamp = Stopwatch.GetTimestamp();
        await Task.Run(start);
        long items = await _stream.Task;
        _stream = null;
        return new StreamFigures(items, Stopwatch.GetElapsedTime(startTimestamp));
    }
}
