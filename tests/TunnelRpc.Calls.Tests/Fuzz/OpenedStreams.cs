using TunnelRpc.Multiplexing;
using TunnelRpc.Sessions;

namespace TunnelRpc.Calls.Tests.Fuzz;

/// <summary>Parses the bytes that a side sends after its handshake and signals when that side opens a stream.</summary>
internal sealed class OpenedStreams : IRecordHandler, IFrameHandler
{
    private readonly Lock _gate = new();
    private readonly RecordParser _records = new();
    private readonly FrameParser _frames;

    // Guarded by _gate: the opened streams and the waiter for one stream.
    private readonly HashSet<ulong> _opened = [];
    private (ulong Stream, TaskCompletionSource Opened)? _waiter;

    // Used by the reader only: the bytes of an incomplete record.
    private byte[] _incomplete = [];

    public OpenedStreams() => _frames = new FrameParser(this);

    /// <summary>The number of streams that were opened.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _opened.Count;
            }
        }
    }

    /// <summary>Parses received bytes. Not thread-safe: for one reader.</summary>
    public void Read(ReadOnlySpan<byte> bytes)
    {
        byte[] all = [.. _incomplete, .. bytes];
        _incomplete = all[_records.Parse(all, this)..];
    }

    /// <summary>Completes when the stream is open. At most one caller may wait at a time.</summary>
    public Task WaitAsync(ulong stream)
    {
        lock (_gate)
        {
            if (_opened.Contains(stream))
            {
                return Task.CompletedTask;
            }

            _waiter = (stream, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            return _waiter.Value.Opened.Task;
        }
    }

    void IFrameHandler.OnFrame(FrameType type, FrameFlags flags, ulong stream, ReadOnlySpan<byte> body)
    {
        lock (_gate)
        {
            if (type == FrameType.Call)
            {
                _opened.Add(stream);
                if (_waiter is { } waiter && waiter.Stream == stream)
                {
                    waiter.Opened.TrySetResult();
                }
            }
        }
    }

    void IRecordHandler.OnStart(ulong offset)
    {
    }

    void IRecordHandler.OnData(ReadOnlySpan<byte> data) => _frames.Parse(data);

    void IRecordHandler.OnAck(ulong offset)
    {
    }

    void IRecordHandler.OnPing(ulong nonce)
    {
    }

    void IRecordHandler.OnPong(ulong nonce)
    {
    }

    void IRecordHandler.OnClose(CloseMessage close)
    {
    }
}
