using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats <see cref="Unit"/> as nil.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class UnitFormatter : ITunnelFormatter<Unit>
{
    /// <summary>The shared instance.</summary>
    public static readonly UnitFormatter Instance = new();

    private UnitFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, Unit value) => writer.WriteNil();

    /// <inheritdoc/>
    public Unit Read(ref MessagePackReader reader)
    {
        reader.ReadNil();
        return default;
    }
}
