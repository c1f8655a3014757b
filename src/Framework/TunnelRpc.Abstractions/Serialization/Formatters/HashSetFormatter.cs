using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="HashSet{T}"/> as an array. Reading ignores duplicate elements.</summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class HashSetFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<HashSet<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, HashSet<T> value) =>
        WriteSequence(ref writer, value);

    private protected override HashSet<T> ReadElements(ref MessagePackReader reader, int count) =>
        ReadSet(ref reader, count);
}
