using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats an <see cref="ICollection{T}"/> as an array. Reading returns a <see cref="List{T}"/>.</summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class InterfaceCollectionFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<ICollection<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, ICollection<T> value) =>
        WriteSequence(ref writer, value);

    private protected override ICollection<T> ReadElements(ref MessagePackReader reader, int count) =>
        ReadList(ref reader, count);
}
