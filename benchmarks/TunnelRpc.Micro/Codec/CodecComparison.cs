using System.Diagnostics;
using System.Text.Json;
using TunnelRpc.Generated;
using TunnelRpc.Serialization;

namespace TunnelRpc.Micro.Codec;

/// <summary>
/// Measures the codecs alternately, about one millisecond each, so that other load of the machine affects all of them. The ratios are
/// therefore also valid on a busy machine. BenchmarkDotNet measures one codec after the other and needs a quiet machine. Uses one thread.
/// </summary>
internal sealed class CodecComparison
{
    private const int Rounds = 301;
    private const int Repeats = 4000;

    private readonly CodecBuffer _buffer = new();
    private readonly byte[] _array = new byte[256];
    private readonly byte[] _json;
    private readonly byte[] _named;
    private readonly byte[] _keyed;
    private readonly byte[] _hand;
    private object? _read;
    private long _written;

    public CodecComparison()
    {
        _buffer.WriteJson(EntryJson.Default.Entry, Entry.One);
        _json = _buffer.Written;
        _buffer.Write(TunnelRpc_Micro_Codec_EntryFormatter.Instance, Entry.One);
        _named = _buffer.Written;
        _buffer.Write(TunnelRpc_Micro_Codec_KeyedEntryFormatter.Instance, KeyedEntry.One);
        _keyed = _buffer.Written;
        _hand = _array[..HandCodec.Write(_array, Entry.One)];
    }

    /// <summary>Measures, and prints nanoseconds and the median ratio to the generated code of System.Text.Json.</summary>
    public void Run()
    {
        Console.WriteLine(
            $"{"",-12} {"min ns",9} {"median ns",10} {"/ System.Text.Json",19}   {Rounds} rounds; {_json.Length} bytes as JSON, " +
            $"{_named.Length} by name, {_keyed.Length} by key");
        Compare("write", [("JSON", WriteJson), ("by name", WriteNamed), ("by key", WriteKeyed), ("by hand", WriteHand)]);
        Compare("read", [("JSON", ReadJson), ("by name", ReadNamed), ("by key", ReadKeyed), ("by hand", ReadHand)]);
        GC.KeepAlive(_read);
    }

    private static void Compare(string operation, (string Name, Action Pass)[] codecs)
    {
        double[][] times = [.. codecs.Select(_ => new double[Rounds])];

        // The first half of the rounds is the warm-up. The second half overwrites its times.
        for (int round = -Rounds; round < Rounds; round++)
        {
            for (int i = 0; i < codecs.Length; i++)
            {
                long start = Stopwatch.GetTimestamp();
                codecs[i].Pass();
                times[i][Math.Abs(round) % Rounds] = Stopwatch.GetElapsedTime(start).TotalNanoseconds / Repeats;
            }
        }

        for (int i = 0; i < codecs.Length; i++)
        {
            double ratio = Median(times[i].Select((time, round) => time / times[0][round]));
            Console.WriteLine($"{operation + " " + codecs[i].Name,-12} {times[i].Min(),9:F1} {Median(times[i]),10:F1} {ratio,19:F3}");
        }
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Rounds / 2);

    private void WriteJson()
    {
        for (int i = 0; i < Repeats; i++)
        {
            _written += _buffer.WriteJson(EntryJson.Default.Entry, Entry.One);
        }
    }

    private void WriteNamed()
    {
        for (int i = 0; i < Repeats; i++)
        {
            _written += _buffer.Write(TunnelRpc_Micro_Codec_EntryFormatter.Instance, Entry.One);
        }
    }

    private void WriteKeyed()
    {
        for (int i = 0; i < Repeats; i++)
        {
            _written += _buffer.Write(TunnelRpc_Micro_Codec_KeyedEntryFormatter.Instance, KeyedEntry.One);
        }
    }

    private void WriteHand()
    {
        for (int i = 0; i < Repeats; i++)
        {
            _written += HandCodec.Write(_array, Entry.One);
        }
    }

    private void ReadJson()
    {
        for (int i = 0; i < Repeats; i++)
        {
            _read = JsonSerializer.Deserialize(_json, EntryJson.Default.Entry);
        }
    }

    private void ReadNamed()
    {
        for (int i = 0; i < Repeats; i++)
        {
            var reader = new MessagePackReader(_named);
            _read = TunnelRpc_Micro_Codec_EntryFormatter.Instance.Read(ref reader);
        }
    }

    private void ReadKeyed()
    {
        for (int i = 0; i < Repeats; i++)
        {
            var reader = new MessagePackReader(_keyed);
            _read = TunnelRpc_Micro_Codec_KeyedEntryFormatter.Instance.Read(ref reader);
        }
    }

    private void ReadHand()
    {
        for (int i = 0; i < Repeats; i++)
        {
            _read = HandCodec.Read(_hand);
        }
    }
}
