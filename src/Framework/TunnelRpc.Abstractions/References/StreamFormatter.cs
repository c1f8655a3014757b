using System.ComponentModel;
using TunnelRpc.Serialization;

namespace TunnelRpc.References;

/// <summary>
/// Passes a <see cref="Stream"/> by reference. The peer reads it, or writes it if the stream is write-only. Bytes are sent on demand, with
/// backpressure; the content is never buffered as a whole.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class StreamFormatter : ITunnelFormatter<Stream>
{
    /// <summary>The shared instance.</summary>
    public static readonly StreamFormatter Instance = new();

    private StreamFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, Stream value)
    {
        ArgumentNullException.ThrowIfNull(value);
        ReferenceScope references = ReferenceScope.Require(writer.Scope, "a Stream");
        if (!value.CanRead && !value.CanWrite)
        {
            throw new MessagePackException("Expected a stream that can be read or written, got a closed stream.");
        }

        writer.WriteArrayHeader(2);
        writer.Write(value.CanRead);
        writer.Write(value.CanRead
            ? references.Export(IByteSource.Methods, new StreamByteSource(value))
            : references.Export(IByteSink.Methods, new StreamByteSink(value)));
    }

    /// <inheritdoc/>
    public Stream Read(ref MessagePackReader reader)
    {
        ReferenceScope references = ReferenceScope.Require(reader.Scope, "a Stream");
        int count = reader.ReadArrayHeader();
        if (count != 2)
        {
            throw new MessagePackException($"Expected a stream as an array of 2 elements, got an array of {count}.");
        }

        bool isRead = reader.ReadBoolean();
        TunnelInvoker target = references.Import(reader.ReadInt64());
        if (isRead)
        {
            return new RemoteReadStream(target);
        }

        var stream = new RemoteWriteStream(target);
        references.CompleteBeforeReply(stream);
        return stream;
    }
}
