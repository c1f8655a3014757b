namespace TunnelRpc.Serialization.Formatters;

/// <summary>A UInt16 as an integer in its smallest encoding.</summary>
public sealed class UInt16Formatter : ITunnelFormatter<ushort>
{
    /// <summary>The one instance.</summary>
    public static readonly UInt16Formatter Instance = new();

    private UInt16Formatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, ushort value) => writer.Write(value);

    /// <inheritdoc/>
    public ushort Read(ref MessagePackReader reader) => reader.ReadUInt16();
}
