using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>
/// Formats an <see cref="ArraySegment{T}"/> as an array. The default value, which has no underlying array, is nil. Reading returns a new
/// array.
/// </summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ArraySegmentFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<ArraySegment<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, ArraySegment<T> value) =>
        WriteSpan(ref writer, value.AsSpan());

    private protected override ArraySegment<T> ReadElements(ref MessagePackReader reader, int count) =>
        ReadArray(ref reader, count);

    private protected override bool IsDefault(ArraySegment<T> value) => value.Array is null;
}
