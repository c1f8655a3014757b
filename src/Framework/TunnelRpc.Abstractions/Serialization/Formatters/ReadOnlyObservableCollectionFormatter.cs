using System.Collections.ObjectModel;
using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="ReadOnlyObservableCollection{T}"/> as an array.</summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ReadOnlyObservableCollectionFormatter<T>(ITunnelFormatter<T> inner)
    : CollectionFormatter<ReadOnlyObservableCollection<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, ReadOnlyObservableCollection<T> value) =>
        WriteSequence(ref writer, value);

    private protected override ReadOnlyObservableCollection<T> ReadElements(ref MessagePackReader reader, int count) =>
        new(new ObservableCollection<T>(ReadList(ref reader, count)));
}
