using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>
/// The base class of the formatters of multidimensional arrays, which are encoded as an array: the length of each dimension, and an array
/// of the elements in the order of memory. The array is created after its elements were read, whatever lengths the data claims.
/// </summary>
/// <typeparam name="TArray">The array.</typeparam>
/// <typeparam name="T">The elements.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class MultidimensionalArrayFormatter<TArray, T> : CollectionFormatter<TArray, T>
    where TArray : class
{
    private const int MaxRank = 4;

    private readonly int _rank;

    /// <summary>Creates a formatter.</summary>
    private protected MultidimensionalArrayFormatter(ITunnelFormatter<T> inner, int rank)
        : base(inner) => _rank = rank;

    /// <summary>Creates an array with a lower bound of 0 in each dimension.</summary>
    private protected abstract TArray Create(ReadOnlySpan<int> lengths);

    private protected override void WriteElements(ref MessagePackWriter writer, TArray value)
    {
        Array array = (Array)(object)value;
        writer.WriteArrayHeader(_rank + 1);
        for (int i = 0; i < _rank; i++)
        {
            if (array.GetLowerBound(i) != 0)
            {
                WriteFailure.ThrowLowerBound(i, array.GetLowerBound(i));
            }

            writer.Write(array.GetLength(i));
        }

        writer.IncrementDepth();
        WriteSpan(ref writer, ElementsOf(array));
        writer.DecrementDepth();
    }

    private protected override TArray ReadElements(ref MessagePackReader reader, int count)
    {
        if (count != _rank + 1)
        {
            ReadFailure.ThrowWrongCount($"an array of {_rank} dimensions", _rank + 1, count, reader.Position);
        }

        Span<int> lengths = stackalloc int[MaxRank];
        lengths = lengths[.._rank];
        foreach (ref int length in lengths)
        {
            int start = reader.Position;
            length = reader.ReadInt32();
            if (length < 0 || length > Array.MaxLength)
            {
                ReadFailure.ThrowOutOfRange("the length of a dimension", $"the integer {length}", start);
            }
        }

        reader.IncrementDepth();
        int offset = reader.Position;
        int elementCount = reader.ReadArrayHeader();
        if (elementCount != CountOf(lengths))
        {
            ReadFailure.ThrowOutOfRange(
                $"as many elements as the lengths {string.Join(" x ", lengths.ToArray())} require", $"{elementCount} elements", offset);
        }

        T[] elements = ReadArray(ref reader, elementCount);
        reader.DecrementDepth();
        TArray value = Create(lengths);
        elements.CopyTo(ElementsOf((Array)(object)value));
        return value;
    }

    /// <summary>Returns the number of elements, or -1 if there are more than an array can have.</summary>
    private static long CountOf(ReadOnlySpan<int> lengths)
    {
        if (lengths.Contains(0))
        {
            return 0;
        }

        long count = 1;
        foreach (int length in lengths)
        {
            count *= length;
            if (count > Array.MaxLength)
            {
                return -1;
            }
        }

        return count;
    }

    private static Span<T> ElementsOf(Array array) =>
        MemoryMarshal.CreateSpan(ref Unsafe.As<byte, T>(ref MemoryMarshal.GetArrayDataReference(array)), array.Length);
}
