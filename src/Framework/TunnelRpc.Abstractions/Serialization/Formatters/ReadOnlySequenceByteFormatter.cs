using System.Buffers;
using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="ReadOnlySequence{T}"/> of bytes as binary data. Reading returns a copy.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ReadOnlySequenceByteFormatter : ITunnelFormatter<ReadOnlySequence<byte>>
{
    /// <summary>The shared instance.</summary>
    public static readonly ReadOnlySequenceByteFormatter Instance = new();

    private ReadOnlySequenceByteFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, ReadOnlySequence<byte> value)
    {
        if (value.Length > int.MaxValue)
        {
            WriteFailure.ThrowTooLong("a ReadOnlySequence", int.MaxValue, value.Length);
        }

        writer.WriteBinaryHeader((int)value.Length);
        foreach (ReadOnlyMemory<byte> segment in value)
        {
            writer.WriteRaw(segment.Span);
        }
    }

    /// <inheritdoc/>
    public ReadOnlySequence<byte> Read(ref MessagePackReader reader) => new(reader.ReadBinaryArray());
}
