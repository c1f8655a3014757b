using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>
/// A collection as an array of its elements. What is reserved before the elements are read is bounded by the bytes at hand, whatever
/// the header claims.
/// </summary>
/// <typeparam name="TCollection">The collection.</typeparam>
/// <typeparam name="T">Its elements.</typeparam>
public abstract class CollectionFormatter<TCollection, T> : ITunnelFormatter<TCollection>
{
    /// <summary>With the elements' formatter.</summary>
    private protected CollectionFormatter(ITunnelFormatter<T> inner)
    {
        ArgumentNullException.ThrowIfNull(inner);
        Inner = inner;
    }

    private protected ITunnelFormatter<T> Inner { get; }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, TCollection value)
    {
        if (value is null)
        {
            WriteFailure.ThrowNull(typeof(TCollection));
        }

        writer.IncrementDepth();
        WriteElements(ref writer, value!);
        writer.DecrementDepth();
    }

    /// <inheritdoc/>
    public TCollection Read(ref MessagePackReader reader)
    {
        if (!typeof(TCollection).IsValueType)
        {
            ReadFailure.ThrowIfNil(ref reader, typeof(TCollection));
        }

        reader.IncrementDepth();
        TCollection value = ReadElements(ref reader, reader.ReadArrayHeader());
        reader.DecrementDepth();
        return value;
    }

    /// <summary>Writes header and elements.</summary>
    private protected abstract void WriteElements(ref MessagePackWriter writer, TCollection value);

    /// <summary>Reads the elements that follow the header.</summary>
    private protected abstract TCollection ReadElements(ref MessagePackReader reader, int count);

    /// <summary>Writes header and elements of contiguous memory.</summary>
    private protected void WriteSpan(ref MessagePackWriter writer, ReadOnlySpan<T> elements)
    {
        writer.WriteArrayHeader(elements.Length);
        foreach (T element in elements)
        {
            Inner.Write(ref writer, element);
        }
    }

    /// <summary>Writes header and elements of anything else.</summary>
    private protected void WriteSequence(ref MessagePackWriter writer, IEnumerable<T> elements)
    {
        switch (elements)
        {
            case T[] array:
                // Not a span of it: of an array of a derived type there is none.
                WriteCounted(ref writer, array, array.Length);
                break;
            case List<T> list:
                WriteSpan(ref writer, CollectionsMarshal.AsSpan(list));
                break;
            case var counted when counted.TryGetNonEnumeratedCount(out int count):
                WriteCounted(ref writer, counted, count);
                break;
            case IReadOnlyCollection<T> readOnly:
                WriteCounted(ref writer, readOnly, readOnly.Count);
                break;
            default:
                WriteSpan(ref writer, elements.ToArray());
                break;
        }
    }

    /// <summary>Reads elements into an array, which grows only as they come.</summary>
    private protected T[] ReadArray(ref MessagePackReader reader, int count)
    {
        if (count == 0)
        {
            return [];
        }

        T[] elements = new T[InitialCapacity(ref reader, count)];
        for (int i = 0; i < count; i++)
        {
            if (i == elements.Length)
            {
                Array.Resize(ref elements, (int)Math.Min(count, 2L * elements.Length + 1));
            }

            elements[i] = Inner.Read(ref reader);
        }

        return elements;
    }

    /// <summary>Reads elements into a list, which grows only as they come.</summary>
    private protected List<T> ReadList(ref MessagePackReader reader, int count)
    {
        List<T> elements = new(InitialCapacity(ref reader, count));
        for (int i = 0; i < count; i++)
        {
            elements.Add(Inner.Read(ref reader));
        }

        return elements;
    }

    /// <summary>Reads elements into a set, which grows only as they come and whose hashing a peer cannot foresee.</summary>
    private protected HashSet<T> ReadSet(ref MessagePackReader reader, int count)
    {
        HashSet<T> elements = new(InitialCapacity(ref reader, count), UntrustedKeys<T>.Comparer);
        for (int i = 0; i < count; i++)
        {
            elements.Add(Inner.Read(ref reader));
        }

        return elements;
    }

    /// <summary>How much room to make at first for elements of which none was read.</summary>
    private protected static int InitialCapacity(ref MessagePackReader reader, int count) =>
        ElementCount.InitialCapacity(count, reader.Remaining, Unsafe.SizeOf<T>());

    private void WriteCounted(ref MessagePackWriter writer, IEnumerable<T> elements, int count)
    {
        writer.WriteArrayHeader(count);
        int written = 0;
        foreach (T element in elements)
        {
            Inner.Write(ref writer, element);
            written++;
        }

        if (written != count)
        {
            WriteFailure.ThrowCountChanged(count);
        }
    }
}
