using System.ComponentModel;
using System.Runtime.CompilerServices;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>
/// The base class of the formatters that encode a dictionary as a map. The memory that is allocated before the pairs are read is bounded
/// by the number of unread bytes, whatever count the header claims. A duplicate key is an error.
/// </summary>
/// <typeparam name="TDictionary">The dictionary.</typeparam>
/// <typeparam name="TKey">The keys.</typeparam>
/// <typeparam name="TValue">The values.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class MapFormatter<TDictionary, TKey, TValue> : ITunnelFormatter<TDictionary>
    where TDictionary : class, IEnumerable<KeyValuePair<TKey, TValue>>
    where TKey : notnull
{
    // A Dictionary stores a hash code, a link and a bucket of four bytes each for every pair.
    private const int EntryOverhead = 12;

    private readonly ITunnelFormatter<TKey> _key;
    private readonly ITunnelFormatter<TValue> _value;

    /// <summary>Creates a formatter.</summary>
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
        if (GetSnapshot(value) is { } snapshot)
        {
            writer.WriteMapHeader(snapshot.Count);
            foreach (KeyValuePair<TKey, TValue> pair in snapshot)
            {
                WritePair(ref writer, pair);
            }
        }
        else
        {
            WriteMap(ref writer, value);
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

    /// <summary>Returns the number of pairs.</summary>
    private protected abstract int CountOf(TDictionary value);

    /// <summary>
    /// Returns a copy of the pairs, which is written instead of a dictionary that other threads may change; null for all other
    /// dictionaries.
    /// </summary>
    private protected virtual IReadOnlyCollection<KeyValuePair<TKey, TValue>>? GetSnapshot(TDictionary value) => null;

    /// <summary>Reads the pairs that follow the header.</summary>
    private protected abstract TDictionary ReadPairs(ref MessagePackReader reader, int count);

    /// <summary>Writes the pairs and returns their number.</summary>
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

    /// <summary>Reads the pairs into a dictionary, which grows as pairs are read and whose hash codes a peer cannot predict.</summary>
    private protected Dictionary<TKey, TValue> ReadDictionary(ref MessagePackReader reader, int count)
    {
        int entrySize = Unsafe.SizeOf<TKey>() + Unsafe.SizeOf<TValue>() + EntryOverhead;
        int capacity = ElementCount.InitialCapacity(count, reader.Remaining, entrySize);
        Dictionary<TKey, TValue> dictionary = new(capacity, UntrustedKeys<TKey>.Comparer);
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

    /// <summary>Reads the pairs into <paramref name="dictionary"/>.</summary>
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

    private void WriteMap(ref MessagePackWriter writer, TDictionary value)
    {
        int count = CountOf(value);
        writer.WriteMapHeader(count);
        int written = WritePairs(ref writer, value);
        if (written != count)
        {
            WriteFailure.ThrowCountChanged(count);
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
