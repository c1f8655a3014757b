using System.ComponentModel;
using System.Numerics;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="Complex"/> as an array of two floats: the real and the imaginary part.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ComplexFormatter : ITunnelFormatter<Complex>
{
    /// <summary>The shared instance.</summary>
    public static readonly ComplexFormatter Instance = new();

    private ComplexFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, Complex value)
    {
        writer.IncrementDepth();
        writer.WriteArrayHeader(2);
        writer.Write(value.Real);
        writer.Write(value.Imaginary);
        writer.DecrementDepth();
    }

    /// <inheritdoc/>
    public Complex Read(ref MessagePackReader reader)
    {
        reader.IncrementDepth();
        ElementCount.ReadExact(ref reader, 2, "a Complex");
        Complex value = new(reader.ReadDouble(), reader.ReadDouble());
        reader.DecrementDepth();
        return value;
    }
}
