using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="uint"/> as an integer in its smallest encoding.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class UInt32Formatter : ITunnelFormatter<uint>
{
    /// <summary>The shared instance.</summary>
    public static readonly UInt32Formatter Instance = new();

    private UInt32Formatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, uint value) => writer.Write(value);

    /// <inheritdoc/>
    public uint Read(ref MessagePackReader reader) => reader.ReadUInt32();
}
