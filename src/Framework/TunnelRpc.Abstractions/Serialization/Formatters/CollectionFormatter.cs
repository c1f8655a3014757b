using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>
/// The base class of the formatters that encode a collection as an array of its elements. The memory that is allocated before the
/// elements are read is bounded by the number of unread bytes, whatever count the header claims.
/// </summary>
/// <typeparam name="TCollection">The collection.</typeparam>
/// <typeparam name="T">The elements.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class CollectionFormatter<TCollection, T> : ITunnelFormatter<TCollection>
{
    /// <summary>Creates a formatter.</summary>
    private protected CollectionFormatter(ITunnelFormatter<T> inner)
    {
        ArgumentNullException.ThrowIfNull(inner);
        Inner = inner;
    }

    /// <summary>The formatter of the elements.</summary>
    private protected ITunnelFormatter<T> Inner { get; }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, TCollection value)
    {
        if (value is null)
        {
            WriteFailure.ThrowNull(typeof(TCollection));
        }

        if (typeof(TCollection).IsValueType && IsDefault(value!))
        {
            writer.WriteNil();
            return;
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
        else if (IsDefault(default!) && reader.TryReadNil())
        {
            return default!;
        }

        reader.IncrementDepth();
        TCollection value = ReadElements(ref reader, reader.ReadArrayHeader());
        reader.DecrementDepth();
        return value;
    }

    /// <summary>Returns whether a value of a value type has no underlying collection. Such a value is encoded as nil.</summary>
    private protected virtual bool IsDefault(TCollection value) => false;

    /// <summary>Writes the header and the elements.</summary>
    private protected abstract void WriteElements(ref MessagePackWriter writer, TCollection value);

    /// <summary>Reads the elements that follow the header.</summary>
    private protected abstract TCollection ReadElements(ref MessagePackReader reader, int count);

    /// <summary>Writes the header and the elements of contiguous memory.</summary>
    private protected void WriteSpan(ref MessagePackWriter writer, ReadOnlySpan<T> elements)
    {
        writer.WriteArrayHeader(elements.Length);
        foreach (T element in elements)
        {
            Inner.Write(ref writer, element);
        }
    }

    /// <summary>Writes the header and the elements of any enumerable.</summary>
    private protected void WriteSequence(ref MessagePackWriter writer, IEnumerable<T> elements)
    {
        switch (elements)
        {
            case T[] array:
                // An array of a derived type (array covariance) cannot be converted to a span of T.
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

    /// <summary>Reads the elements into an array, which grows as elements are read.</summary>
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

    /// <summary>Reads the elements into a list, which grows as elements are read.</summary>
    private protected List<T> ReadList(ref MessagePackReader reader, int count)
    {
        List<T> elements = new(InitialCapacity(ref reader, count));
        for (int i = 0; i < count; i++)
        {
            elements.Add(Inner.Read(ref reader));
        }

        return elements;
    }

    /// <summary>Reads the elements into a set, which grows as elements are read and whose hash codes a peer cannot predict.</summary>
    private protected HashSet<T> ReadSet(ref MessagePackReader reader, int count)
    {
        HashSet<T> elements = new(InitialCapacity(ref reader, count), UntrustedKeys<T>.Comparer);
        for (int i = 0; i < count; i++)
        {
            elements.Add(Inner.Read(ref reader));
        }

        return elements;
    }

    /// <summary>Returns the initial capacity of a collection before its elements are read.</summary>
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
