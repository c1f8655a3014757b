using System.Collections.Immutable;
using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>
/// Formats an <see cref="ImmutableSortedSet{T}"/> as an array. Reading uses the default order and ignores duplicate elements.
/// </summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ImmutableSortedSetFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<ImmutableSortedSet<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, ImmutableSortedSet<T> value) =>
        WriteSequence(ref writer, value);

    private protected override ImmutableSortedSet<T> ReadElements(ref MessagePackReader reader, int count)
    {
        ImmutableSortedSet<T>.Builder set = ImmutableSortedSet.CreateBuilder<T>();
        for (int i = 0; i < count; i++)
        {
            set.Add(Inner.Read(ref reader));
        }

        return set.ToImmutable();
    }
}
