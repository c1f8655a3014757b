using System.ComponentModel;
using System.Numerics;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="Plane"/> as an array of 4 floats: the normal and the distance.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class PlaneFormatter : ITunnelFormatter<Plane>
{
    /// <summary>The shared instance.</summary>
    public static readonly PlaneFormatter Instance = new();

    private PlaneFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, Plane value) =>
        FloatArray.Write(ref writer, [value.Normal.X, value.Normal.Y, value.Normal.Z, value.D]);

    /// <inheritdoc/>
    public Plane Read(ref MessagePackReader reader)
    {
        Span<float> v = stackalloc float[4];
        FloatArray.Read(ref reader, v, "a Plane");
        return new Plane(v[0], v[1], v[2], v[3]);
    }
}
