using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="SortedDictionary{TKey, TValue}"/> as a map. Reading uses the default order of the keys.</summary>
/// <param name="key">Formats the keys.</param>
/// <param name="value">Formats the values.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class SortedDictionaryFormatter<TKey, TValue>(ITunnelFormatter<TKey> key, ITunnelFormatter<TValue> value)
    : MapFormatter<SortedDictionary<TKey, TValue>, TKey, TValue>(key, value)
    where TKey : notnull
{
    private protected override int CountOf(SortedDictionary<TKey, TValue> value) => value.Count;

    private protected override SortedDictionary<TKey, TValue> ReadPairs(ref MessagePackReader reader, int count)
    {
        SortedDictionary<TKey, TValue> dictionary = [];
        ReadInto(ref reader, dictionary, count);
        return dictionary;
    }
}
