using System.Text.Json;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using TunnelRpc.Generated;
using TunnelRpc.Serialization;
using TunnelRpc.Serialization.Formatters;

namespace TunnelRpc.Micro.Codec;

/// <summary>An array of 100 entries.</summary>
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory)]
[CategoriesColumn]
public class EntriesBenchmarks
{
    private static readonly ArrayFormatter<Entry> NamedFormatter = new(TunnelRpc_Micro_Codec_EntryFormatter.Instance);
    private static readonly ArrayFormatter<KeyedEntry> KeyedFormatter = new(TunnelRpc_Micro_Codec_KeyedEntryFormatter.Instance);

    private readonly CodecBuffer _buffer = new();
    private readonly Entry[] _entries = [.. Enumerable.Repeat(Entry.One, 100)];
    private readonly KeyedEntry[] _keyedEntries = [.. Enumerable.Repeat(KeyedEntry.One, 100)];
    private byte[] _json = [];
    private byte[] _named = [];
    private byte[] _keyed = [];

    [GlobalSetup]
    public void Setup()
    {
        WriteJson();
        _json = _buffer.Written;
        WriteNamed();
        _named = _buffer.Written;
        WriteKeyed();
        _keyed = _buffer.Written;
    }

    [Benchmark(Baseline = true)]
    [BenchmarkCategory("Write")]
    public int WriteJson() => _buffer.WriteJson(EntryJson.Default.EntryArray, _entries);

    [Benchmark]
    [BenchmarkCategory("Write")]
    public int WriteNamed() => _buffer.Write(NamedFormatter, _entries);

    [Benchmark]
    [BenchmarkCategory("Write")]
    public int WriteKeyed() => _buffer.Write(KeyedFormatter, _keyedEntries);

    [Benchmark(Baseline = true)]
    [BenchmarkCategory("Read")]
    public Entry[] ReadJson() => JsonSerializer.Deserialize(_json, EntryJson.Default.EntryArray)!;

    [Benchmark]
    [BenchmarkCategory("Read")]
    public Entry[] ReadNamed()
    {
        var reader = new MessagePackReader(_named);
        return NamedFormatter.Read(ref reader);
    }

    [Benchmark]
    [BenchmarkCategory("Read")]
    public KeyedEntry[] ReadKeyed()
    {
        var reader = new MessagePackReader(_keyed);
        return KeyedFormatter.Read(ref reader);
    }
}
