using System.Collections.ObjectModel;
using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="ReadOnlySet{T}"/> as an array. Reading ignores duplicate elements.</summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ReadOnlySetFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<ReadOnlySet<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, ReadOnlySet<T> value) =>
        WriteSequence(ref writer, value);

    private protected override ReadOnlySet<T> ReadElements(ref MessagePackReader reader, int count) =>
        new(ReadSet(ref reader, count));
}
