using System.Collections.ObjectModel;
using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats an <see cref="ObservableCollection{T}"/> as an array.</summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ObservableCollectionFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<ObservableCollection<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, ObservableCollection<T> value) =>
        WriteSequence(ref writer, value);

    private protected override ObservableCollection<T> ReadElements(ref MessagePackReader reader, int count) =>
        new(ReadList(ref reader, count));
}
