using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="Tuple"/> as an array of its 4 items.</summary>
/// <param name="item1">Formats item 1.</param>
/// <param name="item2">Formats item 2.</param>
/// <param name="item3">Formats item 3.</param>
/// <param name="item4">Formats item 4.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class TupleFormatter<T1, T2, T3, T4>(
    ITunnelFormatter<T1> item1,
    ITunnelFormatter<T2> item2,
    ITunnelFormatter<T3> item3,
    ITunnelFormatter<T4> item4)
    : ITunnelFormatter<Tuple<T1, T2, T3, T4>>
{
    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, Tuple<T1, T2, T3, T4> value)
    {
        if (value is null)
        {
            WriteFailure.ThrowNull(typeof(Tuple<T1, T2, T3, T4>));
        }

        writer.IncrementDepth();
        writer.WriteArrayHeader(4);
        item1.Write(ref writer, value.Item1);
        item2.Write(ref writer, value.Item2);
        item3.Write(ref writer, value.Item3);
        item4.Write(ref writer, value.Item4);
        writer.DecrementDepth();
    }

    /// <inheritdoc/>
    public Tuple<T1, T2, T3, T4> Read(ref MessagePackReader reader)
    {
        ReadFailure.ThrowIfNil(ref reader, typeof(Tuple<T1, T2, T3, T4>));
        reader.IncrementDepth();
        ElementCount.ReadExact(ref reader, 4, "a tuple");
        Tuple<T1, T2, T3, T4> value = new(item1.Read(ref reader), item2.Read(ref reader), item3.Read(ref reader), item4.Read(ref reader));
        reader.DecrementDepth();
        return value;
    }
}
