namespace TunnelRpc.Serialization.Formatters;

/// <summary>Bytes as binary data; what is read is a copy.</summary>
public sealed class MemoryByteFormatter : ITunnelFormatter<Memory<byte>>
{
    /// <summary>The one instance.</summary>
    public static readonly MemoryByteFormatter Instance = new();

    private MemoryByteFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, Memory<byte> value) => writer.WriteBinary(value.Span);

    /// <inheritdoc/>
    public Memory<byte> Read(ref MessagePackReader reader) => reader.ReadBinaryArray();
}
