namespace TunnelRpc.Serialization.Formatters;

/// <summary>A UInt32 as an integer in its smallest encoding.</summary>
public sealed class UInt32Formatter : ITunnelFormatter<uint>
{
    /// <summary>The one instance.</summary>
    public static readonly UInt32Formatter Instance = new();

    private UInt32Formatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, uint value) => writer.Write(value);

    /// <inheritdoc/>
    public uint Read(ref MessagePackReader reader) => reader.ReadUInt32();
}
