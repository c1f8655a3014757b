using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="float"/> as float 32.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class SingleFormatter : ITunnelFormatter<float>
{
    /// <summary>The shared instance.</summary>
    public static readonly SingleFormatter Instance = new();

    private SingleFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, float value) => writer.Write(value);

    /// <inheritdoc/>
    public float Read(ref MessagePackReader reader) => reader.ReadSingle();
}
