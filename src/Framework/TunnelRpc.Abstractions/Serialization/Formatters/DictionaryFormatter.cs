using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="Dictionary{TKey, TValue}"/> as a map.</summary>
/// <param name="key">Formats the keys.</param>
/// <param name="value">Formats the values.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class DictionaryFormatter<TKey, TValue>(ITunnelFormatter<TKey> key, ITunnelFormatter<TValue> value)
    : MapFormatter<Dictionary<TKey, TValue>, TKey, TValue>(key, value)
    where TKey : notnull
{
    private protected override int CountOf(Dictionary<TKey, TValue> value) => value.Count;

    private protected override Dictionary<TKey, TValue> ReadPairs(ref MessagePackReader reader, int count) =>
        ReadDictionary(ref reader, count);

    private protected override int WritePairs(ref MessagePackWriter writer, Dictionary<TKey, TValue> value)
    {
        // Enumerates the class and not the interface: the enumerator of the interface is allocated.
        int written = 0;
        foreach (KeyValuePair<TKey, TValue> pair in value)
        {
            WritePair(ref writer, pair);
            written++;
        }

        return written;
    }
}
