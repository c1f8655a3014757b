using System.ComponentModel;
using System.Numerics;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="Quaternion"/> as an array of 4 floats: X, Y, Z, W.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class QuaternionFormatter : ITunnelFormatter<Quaternion>
{
    /// <summary>The shared instance.</summary>
    public static readonly QuaternionFormatter Instance = new();

    private QuaternionFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, Quaternion value) =>
        FloatArray.Write(ref writer, [value.X, value.Y, value.Z, value.W]);

    /// <inheritdoc/>
    public Quaternion Read(ref MessagePackReader reader)
    {
        Span<float> v = stackalloc float[4];
        FloatArray.Read(ref reader, v, "a Quaternion");
        return new Quaternion(v[0], v[1], v[2], v[3]);
    }
}
