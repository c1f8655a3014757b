using System.Collections.Concurrent;
using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a snapshot of a <see cref="ConcurrentDictionary{TKey, TValue}"/> as a map.</summary>
/// <param name="key">Formats the keys.</param>
/// <param name="value">Formats the values.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ConcurrentDictionaryFormatter<TKey, TValue>(ITunnelFormatter<TKey> key, ITunnelFormatter<TValue> value)
    : MapFormatter<ConcurrentDictionary<TKey, TValue>, TKey, TValue>(key, value)
    where TKey : notnull
{
    private protected override int CountOf(ConcurrentDictionary<TKey, TValue> value) => value.Count;

    private protected override ConcurrentDictionary<TKey, TValue> ReadPairs(ref MessagePackReader reader, int count)
    {
        ConcurrentDictionary<TKey, TValue> dictionary = new(UntrustedKeys<TKey>.Comparer);
        ReadInto(ref reader, dictionary, count);
        return dictionary;
    }

    // The count and the enumeration of a dictionary that changes would differ.
    private protected override IReadOnlyCollection<KeyValuePair<TKey, TValue>>? GetSnapshot(ConcurrentDictionary<TKey, TValue> value) =>
        value.ToArray();
}
