using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="long"/> as an integer in its smallest encoding.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class Int64Formatter : ITunnelFormatter<long>
{
    /// <summary>The shared instance.</summary>
    public static readonly Int64Formatter Instance = new();

    private Int64Formatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, long value) => writer.Write(value);

    /// <inheritdoc/>
    public long Read(ref MessagePackReader reader) => reader.ReadInt64();
}
