namespace TunnelRpc.Serialization.Formatters;

/// <summary>Bytes as binary data; what is read is a copy.</summary>
public sealed class ReadOnlyMemoryByteFormatter : ITunnelFormatter<ReadOnlyMemory<byte>>
{
    /// <summary>The one instance.</summary>
    public static readonly ReadOnlyMemoryByteFormatter Instance = new();

    private ReadOnlyMemoryByteFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, ReadOnlyMemory<byte> value) => writer.WriteBinary(value.Span);

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Read(ref MessagePackReader reader) => reader.ReadBinaryArray();
}
