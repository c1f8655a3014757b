namespace TunnelRpc.Serialization.Formatters;

/// <summary>A Byte as an integer in its smallest encoding.</summary>
public sealed class ByteFormatter : ITunnelFormatter<byte>
{
    /// <summary>The one instance.</summary>
    public static readonly ByteFormatter Instance = new();

    private ByteFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, byte value) => writer.Write(value);

    /// <inheritdoc/>
    public byte Read(ref MessagePackReader reader) => reader.ReadByte();
}
