using System.Collections.ObjectModel;
using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="ReadOnlyCollection{T}"/> as an array.</summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ReadOnlyCollectionFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<ReadOnlyCollection<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, ReadOnlyCollection<T> value) =>
        WriteSequence(ref writer, value);

    private protected override ReadOnlyCollection<T> ReadElements(ref MessagePackReader reader, int count) =>
        new(ReadArray(ref reader, count));
}
