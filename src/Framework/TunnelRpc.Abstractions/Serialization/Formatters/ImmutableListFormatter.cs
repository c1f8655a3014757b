using System.Collections.Immutable;
using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats an <see cref="ImmutableList{T}"/> as an array.</summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ImmutableListFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<ImmutableList<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, ImmutableList<T> value) =>
        WriteSequence(ref writer, value);

    private protected override ImmutableList<T> ReadElements(ref MessagePackReader reader, int count) =>
        ImmutableList.Create(ReadArray(ref reader, count).AsSpan());
}
