using System.ComponentModel;
using System.Numerics;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="Vector2"/> as an array of 2 floats: X, Y.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class Vector2Formatter : ITunnelFormatter<Vector2>
{
    /// <summary>The shared instance.</summary>
    public static readonly Vector2Formatter Instance = new();

    private Vector2Formatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, Vector2 value) => FloatArray.Write(ref writer, [value.X, value.Y]);

    /// <inheritdoc/>
    public Vector2 Read(ref MessagePackReader reader)
    {
        Span<float> v = stackalloc float[2];
        FloatArray.Read(ref reader, v, "a Vector2");
        return new Vector2(v[0], v[1]);
    }
}
