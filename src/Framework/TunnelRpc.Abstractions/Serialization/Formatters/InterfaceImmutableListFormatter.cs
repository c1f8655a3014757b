using System.Collections.Immutable;
using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats an <see cref="IImmutableList{T}"/> as an array. Reading returns an <see cref="ImmutableList{T}"/>.</summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class InterfaceImmutableListFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<IImmutableList<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, IImmutableList<T> value) =>
        WriteSequence(ref writer, value);

    private protected override IImmutableList<T> ReadElements(ref MessagePackReader reader, int count) =>
        ImmutableList.Create(ReadArray(ref reader, count).AsSpan());
}
