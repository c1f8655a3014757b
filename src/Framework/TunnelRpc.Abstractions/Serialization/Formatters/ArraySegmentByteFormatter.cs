using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>
/// Formats an <see cref="ArraySegment{T}"/> of bytes as binary data. The default value, which has no underlying array, is nil.
/// Reading returns a copy.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ArraySegmentByteFormatter : ITunnelFormatter<ArraySegment<byte>>
{
    /// <summary>The shared instance.</summary>
    public static readonly ArraySegmentByteFormatter Instance = new();

    private ArraySegmentByteFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, ArraySegment<byte> value)
    {
        if (value.Array is null)
        {
            writer.WriteNil();
        }
        else
        {
            writer.WriteBinary(value);
        }
    }

    /// <inheritdoc/>
    public ArraySegment<byte> Read(ref MessagePackReader reader) =>
        reader.TryReadNil() ? default(ArraySegment<byte>) : reader.ReadBinaryArray();
}
