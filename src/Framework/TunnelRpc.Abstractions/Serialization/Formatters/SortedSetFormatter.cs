using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="SortedSet{T}"/> as an array. Reading uses the default order and ignores duplicate elements.</summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class SortedSetFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<SortedSet<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, SortedSet<T> value) =>
        WriteSequence(ref writer, value);

    private protected override SortedSet<T> ReadElements(ref MessagePackReader reader, int count)
    {
        SortedSet<T> set = [];
        for (int i = 0; i < count; i++)
        {
            set.Add(Inner.Read(ref reader));
        }

        return set;
    }
}
