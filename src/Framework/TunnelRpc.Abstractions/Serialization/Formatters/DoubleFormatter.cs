using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="double"/> as float 64.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class DoubleFormatter : ITunnelFormatter<double>
{
    /// <summary>The shared instance.</summary>
    public static readonly DoubleFormatter Instance = new();

    private DoubleFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, double value) => writer.Write(value);

    /// <inheritdoc/>
    public double Read(ref MessagePackReader reader) => reader.ReadDouble();
}
