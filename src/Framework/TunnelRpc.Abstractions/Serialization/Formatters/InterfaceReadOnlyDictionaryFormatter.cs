using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>
/// Formats an <see cref="IReadOnlyDictionary{TKey, TValue}"/> as a map. Reading returns a <see cref="Dictionary{TKey, TValue}"/>.
/// </summary>
/// <param name="key">Formats the keys.</param>
/// <param name="value">Formats the values.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class InterfaceReadOnlyDictionaryFormatter<TKey, TValue>(ITunnelFormatter<TKey> key, ITunnelFormatter<TValue> value)
    : MapFormatter<IReadOnlyDictionary<TKey, TValue>, TKey, TValue>(key, value)
    where TKey : notnull
{
    private protected override int CountOf(IReadOnlyDictionary<TKey, TValue> value) => value.Count;

    private protected override IReadOnlyDictionary<TKey, TValue> ReadPairs(ref MessagePackReader reader, int count) =>
        ReadDictionary(ref reader, count);
}
