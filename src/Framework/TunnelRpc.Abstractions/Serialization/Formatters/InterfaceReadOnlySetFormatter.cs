using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats an <see cref="IReadOnlySet{T}"/> as an array. Reading returns a <see cref="HashSet{T}"/>.</summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class InterfaceReadOnlySetFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<IReadOnlySet<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, IReadOnlySet<T> value) =>
        WriteSequence(ref writer, value);

    private protected override IReadOnlySet<T> ReadElements(ref MessagePackReader reader, int count) =>
        ReadSet(ref reader, count);
}
