using System.Collections.Frozen;
using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="FrozenDictionary{TKey, TValue}"/> as a map.</summary>
/// <param name="key">Formats the keys.</param>
/// <param name="value">Formats the values.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class FrozenDictionaryFormatter<TKey, TValue>(ITunnelFormatter<TKey> key, ITunnelFormatter<TValue> value)
    : MapFormatter<FrozenDictionary<TKey, TValue>, TKey, TValue>(key, value)
    where TKey : notnull
{
    private protected override int CountOf(FrozenDictionary<TKey, TValue> value) => value.Count;

    private protected override FrozenDictionary<TKey, TValue> ReadPairs(ref MessagePackReader reader, int count) =>
        ReadDictionary(ref reader, count).ToFrozenDictionary(UntrustedKeys<TKey>.FrozenComparer);
}
