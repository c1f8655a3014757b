using System.ComponentModel;
using System.Numerics;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="Vector3"/> as an array of 3 floats: X, Y, Z.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class Vector3Formatter : ITunnelFormatter<Vector3>
{
    /// <summary>The shared instance.</summary>
    public static readonly Vector3Formatter Instance = new();

    private Vector3Formatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, Vector3 value) =>
        FloatArray.Write(ref writer, [value.X, value.Y, value.Z]);

    /// <inheritdoc/>
    public Vector3 Read(ref MessagePackReader reader)
    {
        Span<float> v = stackalloc float[3];
        FloatArray.Read(ref reader, v, "a Vector3");
        return new Vector3(v[0], v[1], v[2]);
    }
}
