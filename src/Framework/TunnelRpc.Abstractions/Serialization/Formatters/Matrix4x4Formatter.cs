using System.ComponentModel;
using System.Numerics;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="Matrix4x4"/> as an array of 16 floats: the rows, one after the other.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class Matrix4x4Formatter : ITunnelFormatter<Matrix4x4>
{
    /// <summary>The shared instance.</summary>
    public static readonly Matrix4x4Formatter Instance = new();

    private Matrix4x4Formatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, Matrix4x4 value)
    {
        FloatArray.Write(
            ref writer,
            [
                value.M11, value.M12, value.M13, value.M14,
                value.M21, value.M22, value.M23, value.M24,
                value.M31, value.M32, value.M33, value.M34,
                value.M41, value.M42, value.M43, value.M44,
            ]);
    }

    /// <inheritdoc/>
    public Matrix4x4 Read(ref MessagePackReader reader)
    {
        Span<float> v = stackalloc float[16];
        FloatArray.Read(ref reader, v, "a Matrix4x4");
        return new Matrix4x4(
            v[0], v[1], v[2], v[3],
            v[4], v[5], v[6], v[7],
            v[8], v[9], v[10], v[11],
            v[12], v[13], v[14], v[15]);
    }
}
