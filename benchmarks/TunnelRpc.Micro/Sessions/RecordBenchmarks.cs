using BenchmarkDotNet.Attributes;
using TunnelRpc.Sessions;

namespace TunnelRpc.Micro.Sessions;

/// <summary>Parses DATA records with one small frame each, which is the worst case, and ACK records. The results are per record.</summary>
public class RecordBenchmarks
{
    private const int Records = 100;
    private const int PayloadSize = 48;

    private readonly CountingHandler _handler = new();
    private readonly RecordParser _parser = new();
    private readonly byte[] _data = new byte[Records * (RecordHeader.Size + PayloadSize)];
    private readonly byte[] _acks = new byte[Records * (RecordHeader.Size + sizeof(ulong))];

    [GlobalSetup]
    public void Setup()
    {
        for (int i = 0; i < Records; i++)
        {
            RecordHeader.Write(_data.AsSpan(i * (RecordHeader.Size + PayloadSize)), RecordType.Data, PayloadSize);
            RecordHeader.Write(_acks.AsSpan(i * (RecordHeader.Size + sizeof(ulong))), RecordType.Ack, sizeof(ulong));
        }

        if (ParseData() != _data.Length
            || ParseAcks() != _acks.Length
            || _handler.Acks != Records
            || _handler.Bytes != Records * PayloadSize)
        {
            throw new InvalidOperationException(
                $"Expected {Records} records of each type, got {_handler.Bytes} bytes of DATA and {_handler.Acks} ACK records.");
        }
    }

    [Benchmark(OperationsPerInvoke = Records)]
    public int ParseData() => _parser.Parse(_data, _handler);

    [Benchmark(OperationsPerInvoke = Records)]
    public int ParseAcks() => _parser.Parse(_acks, _handler);

    private sealed class CountingHandler : IRecordHandler
    {
        public long Bytes { get; private set; }

        public long Acks { get; private set; }

        public void OnData(ReadOnlySpan<byte> data) => Bytes += data.Length;

        public void OnAck(ulong offset) => Acks++;

        public void OnStart(ulong offset) => throw new InvalidOperationException("Expected no START.");

        public void OnPing(ulong nonce) => throw new InvalidOperationException("Expected no PING.");

        public void OnPong(ulong nonce) => throw new InvalidOperationException("Expected no PONG.");

        public void OnClose(CloseMessage close) => throw new InvalidOperationException("Expected no CLOSE.");
    }
}
