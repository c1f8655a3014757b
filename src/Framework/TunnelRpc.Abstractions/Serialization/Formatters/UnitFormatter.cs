namespace TunnelRpc.Serialization.Formatters;

/// <summary>No value, as nil.</summary>
public sealed class UnitFormatter : ITunnelFormatter<Unit>
{
    /// <summary>The one instance.</summary>
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
