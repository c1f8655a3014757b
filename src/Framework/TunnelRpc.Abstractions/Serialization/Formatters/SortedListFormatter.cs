using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="SortedList{TKey, TValue}"/> as a map. Reading uses the default order of the keys.</summary>
/// <param name="key">Formats the keys.</param>
/// <param name="value">Formats the values.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class SortedListFormatter<TKey, TValue>(ITunnelFormatter<TKey> key, ITunnelFormatter<TValue> value)
    : MapFormatter<SortedList<TKey, TValue>, TKey, TValue>(key, value)
    where TKey : notnull
{
    private protected override int CountOf(SortedList<TKey, TValue> value) => value.Count;

    private protected override SortedList<TKey, TValue> ReadPairs(ref MessagePackReader reader, int count)
    {
        // The items are added in the order of their keys: adding to the front of a list moves all its items.
        SortedDictionary<TKey, TValue> sorted = [];
        ReadInto(ref reader, sorted, count);
        return new SortedList<TKey, TValue>(sorted);
    }
}
