namespace TunnelRpc.Serialization.Formatters;

/// <summary>A boolean.</summary>
public sealed class BooleanFormatter : ITunnelFormatter<bool>
{
    /// <summary>The one instance.</summary>
    public static readonly BooleanFormatter Instance = new();

    private BooleanFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, bool value) => writer.Write(value);

    /// <inheritdoc/>
    public bool Read(ref MessagePackReader reader) => reader.ReadBoolean();
}
