using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>
/// Formats an <see cref="ILookup{TKey, TElement}"/> as an array of its groups, each an array of two elements: the key, and an array of the
/// elements. Reading rejects two groups of the same key, and a group without elements, which no lookup has.
/// </summary>
/// <param name="key">Formats the keys.</param>
/// <param name="element">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class LookupFormatter<TKey, TElement>(ITunnelFormatter<TKey> key, ITunnelFormatter<TElement> element)
    : CollectionFormatter<ILookup<TKey, TElement>, IGrouping<TKey, TElement>>(new GroupingFormatter<TKey, TElement>(key, element))
{
    private protected override void WriteElements(ref MessagePackWriter writer, ILookup<TKey, TElement> value) =>
        WriteSequence(ref writer, value);

    private protected override ILookup<TKey, TElement> ReadElements(ref MessagePackReader reader, int count)
    {
        int start = reader.Position;
        ILookup<TKey, TElement> lookup = ReadArray(ref reader, count)
            .SelectMany(static group => group, static (group, item) => (group.Key, Item: item))
            .ToLookup(static pair => pair.Key, static pair => pair.Item, UntrustedKeys<TKey>.Comparer);
        if (lookup.Count != count)
        {
            ReadFailure.ThrowMalformed("a lookup of groups with different keys and at least one element each", start);
        }

        return lookup;
    }
}
