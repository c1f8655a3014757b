using System.Text.Json;
using BenchmarkDotNet.Attributes;
using TunnelRpc.Generated;
using TunnelRpc.Serialization;

namespace TunnelRpc.Micro.Codec;

/// <summary>Reads an entry. The object and its string take 104 bytes.</summary>
public class EntryReadBenchmarks
{
    private byte[] _json = [];
    private byte[] _named = [];
    private byte[] _keyed = [];
    private byte[] _hand = [];

    [GlobalSetup]
    public void Setup()
    {
        var buffer = new CodecBuffer();
        buffer.WriteJson(EntryJson.Default.Entry, Entry.One);
        _json = buffer.Written;
        buffer.Write(TunnelRpc_Micro_Codec_EntryFormatter.Instance, Entry.One);
        _named = buffer.Written;
        buffer.Write(TunnelRpc_Micro_Codec_KeyedEntryFormatter.Instance, KeyedEntry.One);
        _keyed = buffer.Written;
        byte[] hand = new byte[256];
        _hand = hand[..HandCodec.Write(hand, Entry.One)];
        if (Json() != Entry.One || Named() != Entry.One || Keyed() != KeyedEntry.One || Hand() != Entry.One)
        {
            throw new InvalidOperationException("Expected every codec to read the value that it wrote, got a different value.");
        }

        Console.WriteLine(
            $"// {_json.Length} bytes as JSON, {_named.Length} by name, {_keyed.Length} by key, {_hand.Length} by the handwritten codec.");
    }

    [Benchmark(Baseline = true)]
    public Entry Json() => JsonSerializer.Deserialize(_json, EntryJson.Default.Entry)!;

    [Benchmark]
    public Entry Named()
    {
        var reader = new MessagePackReader(_named);
        return TunnelRpc_Micro_Codec_EntryFormatter.Instance.Read(ref reader);
    }

    [Benchmark]
    public KeyedEntry Keyed()
    {
        var reader = new MessagePackReader(_keyed);
        return TunnelRpc_Micro_Codec_KeyedEntryFormatter.Instance.Read(ref reader);
    }

    [Benchmark]
    public Entry Hand() => HandCodec.Read(_hand);
}
