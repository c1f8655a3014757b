namespace TunnelRpc.Serialization.Formatters;

/// <summary>An SByte as an integer in its smallest encoding.</summary>
public sealed class SByteFormatter : ITunnelFormatter<sbyte>
{
    /// <summary>The one instance.</summary>
    public static readonly SByteFormatter Instance = new();

    private SByteFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, sbyte value) => writer.Write(value);

    /// <inheritdoc/>
    public sbyte Read(ref MessagePackReader reader) => reader.ReadSByte();
}
