using System.Runtime.CompilerServices;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>
/// A dictionary as a map. What is reserved before the pairs are read is bounded by the bytes at hand, whatever the header claims; a key
/// that comes twice is an error.
/// </summary>
/// <typeparam name="TDictionary">The dictionary.</typeparam>
/// <typeparam name="TKey">Its keys.</typeparam>
/// <typeparam name="TValue">Its values.</typeparam>
public abstract class MapFormatter<TDictionary, TKey, TValue> : ITunnelFormatter<TDictionary>
    where TDictionary : class, IEnumerable<KeyValuePair<TKey, TValue>>
    where TKey : notnull
{
    // A dictionary keeps a hash, a link and a bucket, of four bytes each, with every pair.
    private const int EntryOverhead = 12;

    private readonly ITunnelFormatter<TKey> _key;
    private readonly ITunnelFormatter<TValue> _value;

    /// <summary>With the formatters of keys and values.</summary>
    private protected MapFormatter(ITunnelFormatter<TKey> key, ITunnelFormatter<TValue> value)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(value);
        _key = key;
        _value = value;
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, TDictionary value)
    {
        if (value is null)
        {
            WriteFailure.ThrowNull(typeof(TDictionary));
        }

        writer.IncrementDepth();
        int count = CountOf(value);
        writer.WriteMapHeader(count);
        int written = WritePairs(ref writer, value);
        if (written != count)
        {
            WriteFailure.ThrowCountChanged(count);
        }

        writer.DecrementDepth();
    }

    /// <inheritdoc/>
    public TDictionary Read(ref MessagePackReader reader)
    {
        ReadFailure.ThrowIfNil(ref reader, typeof(TDictionary));
        reader.IncrementDepth();
        TDictionary value = ReadPairs(ref reader, reader.ReadMapHeader());
        reader.DecrementDepth();
        return value;
    }

    /// <summary>How many pairs there are.</summary>
    private protected abstract int CountOf(TDictionary value);

    /// <summary>Reads the pairs that follow the header.</summary>
    private protected abstract TDictionary ReadPairs(ref MessagePackReader reader, int count);

    /// <summary>Writes the pairs and returns how many there were.</summary>
    private protected virtual int WritePairs(ref MessagePackWriter writer, TDictionary value)
    {
        int written = 0;
        foreach (KeyValuePair<TKey, TValue> pair in value)
        {
            WritePair(ref writer, pair);
            written++;
        }

        return written;
    }

    /// <summary>Writes one pair.</summary>
    private protected void WritePair(ref MessagePackWriter writer, in KeyValuePair<TKey, TValue> pair)
    {
        _key.Write(ref writer, pair.Key);
        _value.Write(ref writer, pair.Value);
    }

    /// <summary>Reads pairs into a dictionary, which grows only as they come and whose hashing a peer cannot foresee.</summary>
    private protected Dictionary<TKey, TValue> ReadDictionary(ref MessagePackReader reader, int count)
    {
        int entrySize = Unsafe.SizeOf<TKey>() + Unsafe.SizeOf<TValue>() + EntryOverhead;
        Dictionary<TKey, TValue> dictionary = new(ElementCount.InitialCapacity(count, reader.Remaining, entrySize), UntrustedKeys<TKey>.Comparer);
        for (int i = 0; i < count; i++)
        {
            TKey key = ReadKey(ref reader);
            int end = reader.Position;
            if (!dictionary.TryAdd(key, _value.Read(ref reader)))
            {
                ReadFailure.ThrowDuplicateKey(end);
            }
        }

        return dictionary;
    }

    /// <summary>Reads pairs into any other dictionary.</summary>
    private protected void ReadInto(ref MessagePackReader reader, IDictionary<TKey, TValue> dictionary, int count)
    {
        for (int i = 0; i < count; i++)
        {
            TKey key = ReadKey(ref reader);
            int end = reader.Position;
            TValue value = _value.Read(ref reader);
            if (dictionary.ContainsKey(key))
            {
                ReadFailure.ThrowDuplicateKey(end);
            }

            dictionary.Add(key, value);
        }
    }

    private TKey ReadKey(ref MessagePackReader reader)
    {
        int start = reader.Position;
        TKey key = _key.Read(ref reader);
        if (key is null)
        {
            ReadFailure.ThrowNull(typeof(TKey), start);
        }

        return key;
    }
}
