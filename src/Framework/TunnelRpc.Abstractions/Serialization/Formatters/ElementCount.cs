namespace TunnelRpc.Serialization.Formatters;

/// <summary>What the count in a header allows.</summary>
internal static class ElementCount
{
    /// <summary>Reads an array's header that must say <paramref name="count"/>.</summary>
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
    /// How many elements to make room for before any was read: all of them, if the room takes no more bytes than are at hand. A count is
    /// at most the bytes at hand, but elements may be far larger in memory than the byte each needs on the wire.
    /// </summary>
    public static int InitialCapacity(int count, int remaining, int elementSize) =>
        Math.Min(count, Math.Max(remaining, MessagePackLimits.MinPreallocationBytes) / elementSize);
}
