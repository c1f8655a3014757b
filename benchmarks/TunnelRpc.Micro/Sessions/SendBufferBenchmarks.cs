using BenchmarkDotNet.Attributes;
using TunnelRpc.Accounting;
using TunnelRpc.Sessions;

namespace TunnelRpc.Micro.Sessions;

/// <summary>The replay buffer: so many frames written, taken for one write, completed and acknowledged. Per frame.</summary>
public class SendBufferBenchmarks
{
    private const int FrameSize = 48;

    private readonly SendBuffer _buffer = new(new MemoryAccount());
    private readonly byte[] _frame = new byte[FrameSize];
    private readonly byte[] _head = new byte[Record.HeadSize];

    [Benchmark]
    public long OneFrameAWrite() => Pass(1);

    [Benchmark(OperationsPerInvoke = 128)]
    public long ManyFramesAWrite() => Pass(128);

    private long Pass(int frames)
    {
        for (int i = 0; i < frames; i++)
        {
            _buffer.Write(_frame);
        }

        long taken = _buffer.Take(_head, (int)_buffer.Unsent).Length;
        _buffer.Complete();
        _buffer.Acknowledge((ulong)_buffer.Sent);
        return taken;
    }
}
