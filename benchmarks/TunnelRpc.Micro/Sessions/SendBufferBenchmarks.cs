using BenchmarkDotNet.Attributes;
using TunnelRpc.Accounting;
using TunnelRpc.Sessions;

namespace TunnelRpc.Micro.Sessions;

/// <summary>The send buffer: frames are written, sent in one write, completed and acknowledged. The results are per frame.</summary>
public class SendBufferBenchmarks
{
    private const int FrameSize = 48;

    private readonly SendBuffer _buffer = new(new MemoryAccount());
    private readonly byte[] _frame = new byte[FrameSize];
    private readonly byte[] _head = new byte[RecordHeader.Size];

    [Benchmark]
    public long OneFramePerWrite() => Pass(1);

    [Benchmark(OperationsPerInvoke = 128)]
    public long ManyFramesPerWrite() => Pass(128);

    private long Pass(int frames)
    {
        for (int i = 0; i < frames; i++)
        {
            _buffer.Write(_frame);
        }

        long sent = _buffer.TakeUnsent(_head, (int)_buffer.UnsentBytes).Length;
        _buffer.OnWriteCompleted();
        _buffer.Acknowledge((ulong)_buffer.SentOffset);
        return sent;
    }
}
