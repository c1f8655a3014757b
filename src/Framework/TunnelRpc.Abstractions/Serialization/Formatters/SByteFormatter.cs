using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats an <see cref="sbyte"/> as an integer in its smallest encoding.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class SByteFormatter : ITunnelFormatter<sbyte>
{
    /// <summary>The shared instance.</summary>
    public static readonly SByteFormatter Instance = new();

    private SByteFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, sbyte value) => writer.Write(value);

    /// <inheritdoc/>
    public sbyte Read(ref MessagePackReader reader) => reader.ReadSByte();
}
