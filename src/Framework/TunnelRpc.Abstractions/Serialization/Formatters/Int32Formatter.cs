namespace TunnelRpc.Serialization.Formatters;

/// <summary>An Int32 as an integer in its smallest encoding.</summary>
public sealed class Int32Formatter : ITunnelFormatter<int>
{
    /// <summary>The one instance.</summary>
    public static readonly Int32Formatter Instance = new();

    private Int32Formatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, int value) => writer.Write(value);

    /// <inheritdoc/>
    public int Read(ref MessagePackReader reader) => reader.ReadInt32();
}
