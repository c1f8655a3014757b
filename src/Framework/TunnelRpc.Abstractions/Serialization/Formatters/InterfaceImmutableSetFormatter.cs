using System.Collections.Immutable;
using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>
/// Formats an <see cref="IImmutableSet{T}"/> as an array. Reading returns an <see cref="ImmutableHashSet{T}"/> and ignores duplicate
/// elements.
/// </summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class InterfaceImmutableSetFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<IImmutableSet<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, IImmutableSet<T> value) =>
        WriteSequence(ref writer, value);

    private protected override IImmutableSet<T> ReadElements(ref MessagePackReader reader, int count)
    {
        ImmutableHashSet<T>.Builder set = ImmutableHashSet.CreateBuilder(UntrustedKeys<T>.Comparer);
        for (int i = 0; i < count; i++)
        {
            set.Add(Inner.Read(ref reader));
        }

        return set.ToImmutable();
    }
}
