using System.Collections.Concurrent;
using System.Net.Sockets;

namespace TunnelRpc.Load;

/// <summary>The limit's answering side: each request is a pooled work item of the thread pool.</summary>
internal sealed class RawServer(Socket socket) : RawConnection(socket)
{
    private readonly ConcurrentQueue<Call> _pool = new();
    private int _running;

    protected override void OnFrame(uint id, ReadOnlySpan<byte> body)
    {
        Interlocked.Increment(ref _running);
        if (!_pool.TryDequeue(out Call? call))
        {
            call = new Call(this);
        }

        call.Id = id;
        call.Sample = RawCodec.Decode(body);
        ThreadPool.UnsafeQueueUserWorkItem(call, preferLocal: false);
    }

    private sealed class Call(RawServer server) : IThreadPoolWorkItem
    {
        public uint Id { get; set; }

        public Sample? Sample { get; set; }

        public void Execute()
        {
            server.Send(Id, Sample!, RawCodec.Encode, Volatile.Read(ref server._running) == 1);
            Sample = null;
            Interlocked.Decrement(ref server._running);
            server._pool.Enqueue(this);
        }
    }
}
