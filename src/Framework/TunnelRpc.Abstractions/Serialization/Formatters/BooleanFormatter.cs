using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="bool"/> as true or false.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class BooleanFormatter : ITunnelFormatter<bool>
{
    /// <summary>The shared instance.</summary>
    public static readonly BooleanFormatter Instance = new();

    private BooleanFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, bool value) => writer.Write(value);

    /// <inheritdoc/>
    public bool Read(ref MessagePackReader reader) => reader.ReadBoolean();
}
