using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="Half"/> as float 32, which represents every Half exactly. Reading rounds to the nearest Half.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class HalfFormatter : ITunnelFormatter<Half>
{
    /// <summary>The shared instance.</summary>
    public static readonly HalfFormatter Instance = new();

    private HalfFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, Half value) => writer.Write((float)value);

    /// <inheritdoc/>
    public Half Read(ref MessagePackReader reader) => (Half)reader.ReadSingle();
}
