using System.Net;
using System.Net.Sockets;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Framing;

namespace TunnelRpc.Load.Raw;

/// <summary>
/// The limit: frames over TCP, as fast as this machine writes and reads them with a batching flusher. Alone, a frame is written in
/// its caller's frame; under load the flusher yields first, so that writes are shared.
/// </summary>
internal sealed class RawChannel(Socket socket) : FrameChannel, IThreadPoolWorkItem
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

    public static async Task<RawChannel> ConnectAsync(IPEndPoint server)
    {
        var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(server);
            return new RawChannel(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public override async Task ReadAsync()
    {
        byte[] buffer = new byte[BufferSize];
        int length = 0;
        while (true)
        {
            int count = await socket.ReceiveAsync(buffer.AsMemory(length), SocketFlags.None);
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

    public override ValueTask DisposeAsync()
    {
        socket.Dispose();
        return default;
    }

    void IThreadPoolWorkItem.Execute()
    {
        try
        {
            Flush();
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // The reader tells; nothing is flushed any more.
        }
    }

    private void Flush()
    {
        while (true)
        {
            int count;
            TaskCompletionSource? waiting;
            lock (_gate)
            {
                count = _gathered;
                if (count == 0)
                {
                    _flushing = false;
                    return;
                }

                (_gathering, _writing) = (_writing, _gathering);
                _gathered = 0;
                waiting = _waiting;
                _waiting = null;
            }

            waiting?.SetResult();
            for (int sent = 0; sent < count;)
            {
                sent += socket.Send(_writing.AsSpan(sent, count - sent));
            }
        }
    }
}
