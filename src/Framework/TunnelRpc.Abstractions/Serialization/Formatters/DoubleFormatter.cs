namespace TunnelRpc.Serialization.Formatters;

/// <summary>A Double as float 64.</summary>
public sealed class DoubleFormatter : ITunnelFormatter<double>
{
    /// <summary>The one instance.</summary>
    public static readonly DoubleFormatter Instance = new();

    private DoubleFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, double value) => writer.Write(value);

    /// <inheritdoc/>
    public double Read(ref MessagePackReader reader) => reader.ReadDouble();
}
