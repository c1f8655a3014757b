using BenchmarkDotNet.Attributes;
using TunnelRpc.Multiplexing;

namespace TunnelRpc.Micro.Multiplexing;

/// <summary>Writes the header of a frame, and parses 100 frames that arrive in one read. The results are per frame.</summary>
public class FrameBenchmarks
{
    private const int Frames = 100;
    private const int BodySize = 32;

    private readonly byte[] _head = new byte[Frame.MaxHeaderSize];
    private readonly CountingHandler _handler = new();
    private readonly FrameParser _parser;
    private byte[] _frames = [];

    public FrameBenchmarks() => _parser = new FrameParser(_handler);

    [GlobalSetup]
    public void Setup()
    {
        using var all = new MemoryStream();
        for (int i = 0; i < Frames; i++)
        {
            all.Write(_head, 0, Frame.WriteHeader(_head, FrameType.Call, FrameFlags.End, FirstStream + (ulong)i, BodySize));
            all.Write(new byte[BodySize]);
        }

        _frames = all.ToArray();
        Parse();
        if (_handler.Frames != Frames)
        {
            throw new InvalidOperationException($"Expected {Frames} frames, got {_handler.Frames}.");
        }
    }

    // Stream ids as in the middle of a session: they take four bytes.
    private static ulong FirstStream => 1 << 20;

    [Benchmark(OperationsPerInvoke = Frames)]
    public int WriteHeader()
    {
        int size = 0;
        for (int i = 0; i < Frames; i++)
        {
            size += Frame.WriteHeader(_head, FrameType.Call, FrameFlags.End, FirstStream + (ulong)i, BodySize);
        }

        return size;
    }

    [Benchmark(OperationsPerInvoke = Frames)]
    public void Parse() => _parser.Parse(_frames);

    private sealed class CountingHandler : IFrameHandler
    {
        public int Frames { get; private set; }

        public int Bytes { get; private set; }

        public void OnFrame(FrameType type, FrameFlags flags, ulong stream, ReadOnlySpan<byte> body)
        {
            Frames++;
            Bytes += body.Length;
        }
    }
}
