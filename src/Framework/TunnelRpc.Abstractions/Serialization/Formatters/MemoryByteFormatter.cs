using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="Memory{T}"/> of bytes as binary data. Reading returns a copy.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class MemoryByteFormatter : ITunnelFormatter<Memory<byte>>
{
    /// <summary>The shared instance.</summary>
    public static readonly MemoryByteFormatter Instance = new();

    private MemoryByteFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, Memory<byte> value) => writer.WriteBinary(value.Span);

    /// <inheritdoc/>
    public Memory<byte> Read(ref MessagePackReader reader) => reader.ReadBinaryArray();
}
