using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats an <see cref="IList{T}"/> as an array. Reading returns a <see cref="List{T}"/>.</summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class InterfaceListFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<IList<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, IList<T> value) =>
        WriteSequence(ref writer, value);

    private protected override IList<T> ReadElements(ref MessagePackReader reader, int count) =>
        ReadList(ref reader, count);
}
