using System.Collections.Frozen;
using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="FrozenSet{T}"/> as an array. Reading ignores duplicate elements.</summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class FrozenSetFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<FrozenSet<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, FrozenSet<T> value) =>
        WriteSequence(ref writer, value);

    private protected override FrozenSet<T> ReadElements(ref MessagePackReader reader, int count) =>
        ReadSet(ref reader, count).ToFrozenSet(UntrustedKeys<T>.FrozenComparer);
}
