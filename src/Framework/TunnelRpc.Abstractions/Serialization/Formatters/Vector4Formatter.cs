using System.ComponentModel;
using System.Numerics;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="Vector4"/> as an array of 4 floats: X, Y, Z, W.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class Vector4Formatter : ITunnelFormatter<Vector4>
{
    /// <summary>The shared instance.</summary>
    public static readonly Vector4Formatter Instance = new();

    private Vector4Formatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, Vector4 value) =>
        FloatArray.Write(ref writer, [value.X, value.Y, value.Z, value.W]);

    /// <inheritdoc/>
    public Vector4 Read(ref MessagePackReader reader)
    {
        Span<float> v = stackalloc float[4];
        FloatArray.Read(ref reader, v, "a Vector4");
        return new Vector4(v[0], v[1], v[2], v[3]);
    }
}
