using System.Text.Json;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using TunnelRpc.Serialization;
using TunnelRpc.Serialization.Formatters;

namespace TunnelRpc.Micro.Codec;

/// <summary>A byte array of 64 KiB. JSON encodes it as base64.</summary>
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory)]
[CategoriesColumn]
public class BlockBenchmarks
{
    private readonly CodecBuffer _buffer = new();
    private readonly byte[] _block = new byte[64 << 10];
    private byte[] _json = [];
    private byte[] _packed = [];

    [GlobalSetup]
    public void Setup()
    {
        new Random(1).NextBytes(_block);
        WriteJson();
        _json = _buffer.Written;
        Write();
        _packed = _buffer.Written;
    }

    [Benchmark(Baseline = true)]
    [BenchmarkCategory("Write")]
    public int WriteJson() => _buffer.WriteJson(EntryJson.Default.ByteArray, _block);

    [Benchmark]
    [BenchmarkCategory("Write")]
    public int Write() => _buffer.Write(ByteArrayFormatter.Instance, _block);

    [Benchmark(Baseline = true)]
    [BenchmarkCategory("Read")]
    public byte[] ReadJson() => JsonSerializer.Deserialize(_json, EntryJson.Default.ByteArray)!;

    [Benchmark]
    [BenchmarkCategory("Read")]
    public byte[] Read()
    {
        var reader = new MessagePackReader(_packed);
        return ByteArrayFormatter.Instance.Read(ref reader);
    }
}
