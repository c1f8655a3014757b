using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats an <see cref="OrderedDictionary{TKey, TValue}"/> as a map, in its order.</summary>
/// <param name="key">Formats the keys.</param>
/// <param name="value">Formats the values.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class OrderedDictionaryFormatter<TKey, TValue>(ITunnelFormatter<TKey> key, ITunnelFormatter<TValue> value)
    : MapFormatter<OrderedDictionary<TKey, TValue>, TKey, TValue>(key, value)
    where TKey : notnull
{
    private protected override int CountOf(OrderedDictionary<TKey, TValue> value) => value.Count;

    private protected override OrderedDictionary<TKey, TValue> ReadPairs(ref MessagePackReader reader, int count)
    {
        OrderedDictionary<TKey, TValue> dictionary = new(UntrustedKeys<TKey>.Comparer);
        ReadInto(ref reader, dictionary, count);
        return dictionary;
    }
}
