using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="KeyValuePair{TKey, TValue}"/> as an array of two elements: key and value.</summary>
/// <param name="key">Formats the key.</param>
/// <param name="value">Formats the value.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class KeyValuePairFormatter<TKey, TValue>(ITunnelFormatter<TKey> key, ITunnelFormatter<TValue> value)
    : ITunnelFormatter<KeyValuePair<TKey, TValue>>
{
    private readonly ITunnelFormatter<TKey> _key = key;
    private readonly ITunnelFormatter<TValue> _value = value;

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, KeyValuePair<TKey, TValue> value)
    {
        writer.IncrementDepth();
        writer.WriteArrayHeader(2);
        _key.Write(ref writer, value.Key);
        _value.Write(ref writer, value.Value);
        writer.DecrementDepth();
    }

    /// <inheritdoc/>
    public KeyValuePair<TKey, TValue> Read(ref MessagePackReader reader)
    {
        reader.IncrementDepth();
        ElementCount.ReadExact(ref reader, 2, "a KeyValuePair");
        KeyValuePair<TKey, TValue> pair = new(_key.Read(ref reader), _value.Read(ref reader));
        reader.DecrementDepth();
        return pair;
    }
}
