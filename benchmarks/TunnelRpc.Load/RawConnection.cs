using System.Buffers.Binary;
using System.Net.Sockets;

namespace TunnelRpc.Load;

/// <summary>
/// The limit: frames of length:u32 id:u32 body over TCP, as fast as this machine writes and reads them with a batching
/// flusher. Alone, a frame is written in its caller's frame; under load the flusher yields first, so that writes are shared.
/// </summary>
internal abstract class RawConnection(Socket socket) : IThreadPoolWorkItem, IDisposable
{
    private const int HeadSize = 8;
    private readonly Lock _gate = new();

    // Guarded by _gate: what gathers, and what is being written.
    private byte[] _gathering = new byte[256 << 10];
    private byte[] _writing = new byte[256 << 10];
    private int _gathered;
    private bool _flushing;

    protected delegate int Encoder<in T>(Span<byte> destination, T value);

    public void Dispose() => socket.Dispose();

    /// <summary>Reads until the peer closes; <see cref="OnFrame"/> runs on the reader.</summary>
    public async Task ReadAsync()
    {
        byte[] buffer = new byte[256 << 10];
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
        }
    }

    void IThreadPoolWorkItem.Execute() => Flush();

    protected abstract void OnFrame(uint id, ReadOnlySpan<byte> body);

    protected void Send<T>(uint id, T value, Encoder<T> encode, bool alone)
    {
        bool flush;
        lock (_gate)
        {
            if (_gathering.Length - _gathered < 4096)
            {
                Array.Resize(ref _gathering, _gathering.Length * 2);
            }

            Span<byte> frame = _gathering.AsSpan(_gathered);
            int body = encode(frame[HeadSize..], value);
            BinaryPrimitives.WriteInt32LittleEndian(frame, body);
            BinaryPrimitives.WriteUInt32LittleEndian(frame[4..], id);
            _gathered += HeadSize + body;
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

    private void Flush()
    {
        while (true)
        {
            int count;
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
            }

            for (int sent = 0; sent < count;)
            {
                sent += socket.Send(_writing.AsSpan(sent, count - sent));
            }
        }
    }

    private int Parse(ReadOnlySpan<byte> data)
    {
        int used = 0;
        while (data.Length - used >= HeadSize)
        {
            int body = BinaryPrimitives.ReadInt32LittleEndian(data[used..]);
            if (data.Length - used < HeadSize + body)
            {
                break;
            }

            OnFrame(BinaryPrimitives.ReadUInt32LittleEndian(data[(used + 4)..]), data.Slice(used + HeadSize, body));
            used += HeadSize + body;
        }

        return used;
    }
}
