namespace TunnelRpc.Serialization.Formatters;

/// <summary>A Half as float 32, which holds every Half exactly. Read values are rounded to the nearest Half.</summary>
public sealed class HalfFormatter : ITunnelFormatter<Half>
{
    /// <summary>The one instance.</summary>
    public static readonly HalfFormatter Instance = new();

    private HalfFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, Half value) => writer.Write((float)value);

    /// <inheritdoc/>
    public Half Read(ref MessagePackReader reader) => (Half)reader.ReadSingle();
}
