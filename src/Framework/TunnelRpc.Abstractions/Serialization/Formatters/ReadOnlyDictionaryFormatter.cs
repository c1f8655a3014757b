using System.Collections.ObjectModel;
using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="ReadOnlyDictionary{TKey, TValue}"/> as a map.</summary>
/// <param name="key">Formats the keys.</param>
/// <param name="value">Formats the values.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ReadOnlyDictionaryFormatter<TKey, TValue>(ITunnelFormatter<TKey> key, ITunnelFormatter<TValue> value)
    : MapFormatter<ReadOnlyDictionary<TKey, TValue>, TKey, TValue>(key, value)
    where TKey : notnull
{
    private protected override int CountOf(ReadOnlyDictionary<TKey, TValue> value) => value.Count;

    private protected override ReadOnlyDictionary<TKey, TValue> ReadPairs(ref MessagePackReader reader, int count) =>
        new(ReadDictionary(ref reader, count));
}
