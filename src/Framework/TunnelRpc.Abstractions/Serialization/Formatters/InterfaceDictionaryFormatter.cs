using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>
/// Formats an <see cref="IDictionary{TKey, TValue}"/> as a map. Reading returns a <see cref="Dictionary{TKey, TValue}"/>.
/// </summary>
/// <param name="key">Formats the keys.</param>
/// <param name="value">Formats the values.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class InterfaceDictionaryFormatter<TKey, TValue>(ITunnelFormatter<TKey> key, ITunnelFormatter<TValue> value)
    : MapFormatter<IDictionary<TKey, TValue>, TKey, TValue>(key, value)
    where TKey : notnull
{
    private protected override int CountOf(IDictionary<TKey, TValue> value) => value.Count;

    private protected override IDictionary<TKey, TValue> ReadPairs(ref MessagePackReader reader, int count) =>
        ReadDictionary(ref reader, count);
}
