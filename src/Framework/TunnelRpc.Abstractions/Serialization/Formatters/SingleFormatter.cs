namespace TunnelRpc.Serialization.Formatters;

/// <summary>A Single as float 32.</summary>
public sealed class SingleFormatter : ITunnelFormatter<float>
{
    /// <summary>The one instance.</summary>
    public static readonly SingleFormatter Instance = new();

    private SingleFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, float value) => writer.Write(value);

    /// <inheritdoc/>
    public float Read(ref MessagePackReader reader) => reader.ReadSingle();
}
