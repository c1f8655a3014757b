using System.Buffers;
using MessagePack;
using MessagePack.Formatters;
using TunnelRpc.Serialization;
using PackageReader = MessagePack.MessagePackReader;
using PackageWriter = MessagePack.MessagePackWriter;
using TunnelReader = TunnelRpc.Serialization.MessagePackReader;
using TunnelWriter = TunnelRpc.Serialization.MessagePackWriter;

namespace TunnelRpc.MessagePack;

/// <summary>Gives MessagePack-CSharp a formatter of this framework. Null is nil. Stateless and thread-safe.</summary>
/// <typeparam name="T">The type of the values.</typeparam>
internal sealed class ResolvedFormatter<T>(ITunnelFormatter<T> inner) : IMessagePackFormatter<T?>
{
    // A larger buffer is not kept.
    private const int MaxKeptBytes = 64 * 1024;

    // The buffer of this thread; null while it is in use.
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? t_buffer;

    public void Serialize(ref PackageWriter writer, T? value, MessagePackSerializerOptions options)
    {
        if (value is null)
        {
            writer.WriteNil();
            return;
        }

        ArrayBufferWriter<byte> buffer = t_buffer ?? new ArrayBufferWriter<byte>();
        t_buffer = null;
        buffer.ResetWrittenCount();
        var own = new TunnelWriter(buffer) { Depth = BridgeDepth.Writing };
        inner.Write(ref own, value);
        own.Flush();
        writer.WriteRaw(buffer.WrittenSpan);
        if (buffer.Capacity <= MaxKeptBytes)
        {
            t_buffer = buffer;
        }
    }

    public T? Deserialize(ref PackageReader reader, MessagePackSerializerOptions options)
    {
        if (default(T) is null && reader.TryReadNil())
        {
            return default;
        }

        ReadOnlySequence<byte> encoded = reader.ReadRaw();
        var own = new TunnelReader(encoded.IsSingleSegment ? encoded.FirstSpan : encoded.ToArray()) { Depth = reader.Depth };
        return inner.Read(ref own);
    }
}
