using System.Collections.Immutable;
using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>
/// Formats an <see cref="IImmutableDictionary{TKey, TValue}"/> as a map. Reading returns an
/// <see cref="ImmutableDictionary{TKey, TValue}"/>.
/// </summary>
/// <param name="key">Formats the keys.</param>
/// <param name="value">Formats the values.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class InterfaceImmutableDictionaryFormatter<TKey, TValue>(ITunnelFormatter<TKey> key, ITunnelFormatter<TValue> value)
    : MapFormatter<IImmutableDictionary<TKey, TValue>, TKey, TValue>(key, value)
    where TKey : notnull
{
    private protected override int CountOf(IImmutableDictionary<TKey, TValue> value) => value.Count;

    private protected override IImmutableDictionary<TKey, TValue> ReadPairs(ref MessagePackReader reader, int count)
    {
        ImmutableDictionary<TKey, TValue>.Builder dictionary =
            ImmutableDictionary.CreateBuilder<TKey, TValue>(UntrustedKeys<TKey>.Comparer);
        ReadInto(ref reader, dictionary, count);
        return dictionary.ToImmutable();
    }
}
