using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="byte"/> as an integer in its smallest encoding.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ByteFormatter : ITunnelFormatter<byte>
{
    /// <summary>The shared instance.</summary>
    public static readonly ByteFormatter Instance = new();

    private ByteFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, byte value) => writer.Write(value);

    /// <inheritdoc/>
    public byte Read(ref MessagePackReader reader) => reader.ReadByte();
}
