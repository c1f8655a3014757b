using System.Collections.Immutable;
using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>
/// Formats an <see cref="ImmutableSortedDictionary{TKey, TValue}"/> as a map. Reading uses the default order of the keys.
/// </summary>
/// <param name="key">Formats the keys.</param>
/// <param name="value">Formats the values.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ImmutableSortedDictionaryFormatter<TKey, TValue>(ITunnelFormatter<TKey> key, ITunnelFormatter<TValue> value)
    : MapFormatter<ImmutableSortedDictionary<TKey, TValue>, TKey, TValue>(key, value)
    where TKey : notnull
{
    private protected override int CountOf(ImmutableSortedDictionary<TKey, TValue> value) => value.Count;

    private protected override ImmutableSortedDictionary<TKey, TValue> ReadPairs(ref MessagePackReader reader, int count)
    {
        ImmutableSortedDictionary<TKey, TValue>.Builder dictionary = ImmutableSortedDictionary.CreateBuilder<TKey, TValue>();
        ReadInto(ref reader, dictionary, count);
        return dictionary.ToImmutable();
    }
}
