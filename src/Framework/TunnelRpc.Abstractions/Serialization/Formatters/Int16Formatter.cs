using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="short"/> as an integer in its smallest encoding.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class Int16Formatter : ITunnelFormatter<short>
{
    /// <summary>The shared instance.</summary>
    public static readonly Int16Formatter Instance = new();

    private Int16Formatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, short value) => writer.Write(value);

    /// <inheritdoc/>
    public short Read(ref MessagePackReader reader) => reader.ReadInt16();
}
