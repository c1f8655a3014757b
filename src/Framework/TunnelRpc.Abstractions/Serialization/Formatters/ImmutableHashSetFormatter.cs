using System.Collections.Immutable;
using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats an <see cref="ImmutableHashSet{T}"/> as an array. Reading ignores duplicate elements.</summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ImmutableHashSetFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<ImmutableHashSet<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, ImmutableHashSet<T> value) =>
        WriteSequence(ref writer, value);

    private protected override ImmutableHashSet<T> ReadElements(ref MessagePackReader reader, int count)
    {
        ImmutableHashSet<T>.Builder set = ImmutableHashSet.CreateBuilder(UntrustedKeys<T>.Comparer);
        for (int i = 0; i < count; i++)
        {
            set.Add(Inner.Read(ref reader));
        }

        return set.ToImmutable();
    }
}
