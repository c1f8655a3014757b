using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="ulong"/> as an integer in its smallest encoding.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class UInt64Formatter : ITunnelFormatter<ulong>
{
    /// <summary>The shared instance.</summary>
    public static readonly UInt64Formatter Instance = new();

    private UInt64Formatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, ulong value) => writer.Write(value);

    /// <inheritdoc/>
    public ulong Read(ref MessagePackReader reader) => reader.ReadUInt64();
}
