using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using TunnelRpc.Serialization;

namespace TunnelRpc.Micro.Codec;

/// <summary>A reused buffer, as the buffers of a connection are, and a reused System.Text.Json writer for it.</summary>
internal sealed class CodecBuffer
{
    private readonly ArrayBufferWriter<byte> _output = new(128 << 10);
    private readonly Utf8JsonWriter _json;

    public CodecBuffer() => _json = new Utf8JsonWriter(_output);

    public byte[] Written => _output.WrittenSpan.ToArray();

    public int Write<T>(ITunnelFormatter<T> formatter, T value)
    {
        _output.ResetWrittenCount();
        var writer = new MessagePackWriter(_output);
        formatter.Write(ref writer, value);
        writer.Flush();
        return _output.WrittenCount;
    }

    public int WriteJson<T>(JsonTypeInfo<T> type, T value)
    {
        _output.ResetWrittenCount();
        _json.Reset();
        JsonSerializer.Serialize(_json, value, type);
        return _output.WrittenCount;
    }
}
