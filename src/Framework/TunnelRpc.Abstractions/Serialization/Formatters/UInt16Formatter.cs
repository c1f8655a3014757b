using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="ushort"/> as an integer in its smallest encoding.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class UInt16Formatter : ITunnelFormatter<ushort>
{
    /// <summary>The shared instance.</summary>
    public static readonly UInt16Formatter Instance = new();

    private UInt16Formatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, ushort value) => writer.Write(value);

    /// <inheritdoc/>
    public ushort Read(ref MessagePackReader reader) => reader.ReadUInt16();
}
