using BenchmarkDotNet.Attributes;
using TunnelRpc.Generated;

namespace TunnelRpc.Micro.Codec;

/// <summary>Writes an entry.</summary>
public class EntryWriteBenchmarks
{
    private readonly CodecBuffer _buffer = new();
    private readonly byte[] _array = new byte[256];

    [Benchmark(Baseline = true)]
    public int Json() => _buffer.WriteJson(EntryJson.Default.Entry, Entry.One);

    [Benchmark]
    public int Named() => _buffer.Write(TunnelRpc_Micro_Codec_EntryFormatter.Instance, Entry.One);

    [Benchmark]
    public int Keyed() => _buffer.Write(TunnelRpc_Micro_Codec_KeyedEntryFormatter.Instance, KeyedEntry.One);

    [Benchmark]
    public int Hand() => HandCodec.Write(_array, Entry.One);
}
