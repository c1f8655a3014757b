using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats an <see cref="ISet{T}"/> as an array. Reading returns a <see cref="HashSet{T}"/>.</summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class InterfaceSetFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<ISet<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, ISet<T> value) =>
        WriteSequence(ref writer, value);

    private protected override ISet<T> ReadElements(ref MessagePackReader reader, int count) =>
        ReadSet(ref reader, count);
}
