using System.ComponentModel;
using System.Numerics;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="Matrix3x2"/> as an array of 6 floats: the rows, one after the other.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class Matrix3x2Formatter : ITunnelFormatter<Matrix3x2>
{
    /// <summary>The shared instance.</summary>
    public static readonly Matrix3x2Formatter Instance = new();

    private Matrix3x2Formatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, Matrix3x2 value) =>
        FloatArray.Write(ref writer, [value.M11, value.M12, value.M21, value.M22, value.M31, value.M32]);

    /// <inheritdoc/>
    public Matrix3x2 Read(ref MessagePackReader reader)
    {
        Span<float> v = stackalloc float[6];
        FloatArray.Read(ref reader, v, "a Matrix3x2");
        return new Matrix3x2(v[0], v[1], v[2], v[3], v[4], v[5]);
    }
}
