using System.Collections.ObjectModel;
using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="Collection{T}"/> as an array.</summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ListCollectionFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<Collection<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, Collection<T> value) =>
        WriteSequence(ref writer, value);

    private protected override Collection<T> ReadElements(ref MessagePackReader reader, int count) =>
        new(ReadList(ref reader, count));
}
