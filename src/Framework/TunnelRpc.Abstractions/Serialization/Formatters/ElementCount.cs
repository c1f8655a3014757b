namespace TunnelRpc.Serialization.Formatters;

/// <summary>Checks the element count of a header and derives capacities from it.</summary>
internal static class ElementCount
{
    /// <summary>Reads the header of an array of exactly <paramref name="count"/> elements.</summary>
    /// <exception cref="MessagePackException">The next value is not an array, or it has another count.</exception>
    public static void ReadExact(ref MessagePackReader reader, int count, string expected)
    {
        int start = reader.Position;
        int actual = reader.ReadArrayHeader();
        if (actual != count)
        {
            ReadFailure.ThrowWrongCount(expected, count, actual, start);
        }
    }

    /// <summary>
    /// Returns the initial capacity of a collection before its elements are read: all elements, unless they would take more memory than
    /// there are unread bytes. The count is at most the number of unread bytes, but an element may be far larger in memory than the one
    /// byte that it needs at least on the wire.
    /// </summary>
    public static int InitialCapacity(int count, int remaining, int elementSize) =>
        Math.Min(count, Math.Max(remaining, MessagePackLimits.MinPreallocationBytes) / elementSize);
}
