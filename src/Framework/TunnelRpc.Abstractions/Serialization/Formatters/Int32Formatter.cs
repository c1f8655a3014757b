using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats an <see cref="int"/> as an integer in its smallest encoding.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class Int32Formatter : ITunnelFormatter<int>
{
    /// <summary>The shared instance.</summary>
    public static readonly Int32Formatter Instance = new();

    private Int32Formatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, int value) => writer.Write(value);

    /// <inheritdoc/>
    public int Read(ref MessagePackReader reader) => reader.ReadInt32();
}
