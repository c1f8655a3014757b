using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="ReadOnlyMemory{T}"/> of bytes as binary data. Reading returns a copy.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ReadOnlyMemoryByteFormatter : ITunnelFormatter<ReadOnlyMemory<byte>>
{
    /// <summary>The shared instance.</summary>
    public static readonly ReadOnlyMemoryByteFormatter Instance = new();

    private ReadOnlyMemoryByteFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, ReadOnlyMemory<byte> value) => writer.WriteBinary(value.Span);

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Read(ref MessagePackReader reader) => reader.ReadBinaryArray();
}
