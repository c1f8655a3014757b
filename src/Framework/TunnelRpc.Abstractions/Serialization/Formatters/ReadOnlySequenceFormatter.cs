using System.Buffers;
using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="ReadOnlySequence{T}"/> as an array. Reading returns a new array.</summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ReadOnlySequenceFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<ReadOnlySequence<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, ReadOnlySequence<T> value) =>
        WriteSpan(ref writer, value.IsSingleSegment ? value.FirstSpan : value.ToArray());

    private protected override ReadOnlySequence<T> ReadElements(ref MessagePackReader reader, int count) =>
        new(ReadArray(ref reader, count));
}
