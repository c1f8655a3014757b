namespace TunnelRpc.Serialization.Formatters;

/// <summary>Writes and reads the values that consist of a fixed number of floats, which are encoded as an array.</summary>
internal static class FloatArray
{
    /// <summary>Writes the header and the floats.</summary>
    public static void Write(ref MessagePackWriter writer, scoped ReadOnlySpan<float> values)
    {
        writer.IncrementDepth();
        writer.WriteArrayHeader(values.Length);
        foreach (float value in values)
        {
            writer.Write(value);
        }

        writer.DecrementDepth();
    }

    /// <summary>Reads an array of exactly as many floats as <paramref name="values"/> has elements.</summary>
    /// <exception cref="MessagePackException">The next value is not an array of floats, or it has another count.</exception>
    public static void Read(ref MessagePackReader reader, scoped Span<float> values, string expected)
    {
        reader.IncrementDepth();
        ElementCount.ReadExact(ref reader, values.Length, expected);
        foreach (ref float value in values)
        {
            value = reader.ReadSingle();
        }

        reader.DecrementDepth();
    }
}
