using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="Tuple"/> as an array of its 3 items.</summary>
/// <param name="item1">Formats item 1.</param>
/// <param name="item2">Formats item 2.</param>
/// <param name="item3">Formats item 3.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class TupleFormatter<T1, T2, T3>(
    ITunnelFormatter<T1> item1,
    ITunnelFormatter<T2> item2,
    ITunnelFormatter<T3> item3)
    : ITunnelFormatter<Tuple<T1, T2, T3>>
{
    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, Tuple<T1, T2, T3> value)
    {
        if (value is null)
        {
            WriteFailure.ThrowNull(typeof(Tuple<T1, T2, T3>));
        }

        writer.IncrementDepth();
        writer.WriteArrayHeader(3);
        item1.Write(ref writer, value.Item1);
        item2.Write(ref writer, value.Item2);
        item3.Write(ref writer, value.Item3);
        writer.DecrementDepth();
    }

    /// <inheritdoc/>
    public Tuple<T1, T2, T3> Read(ref MessagePackReader reader)
    {
        ReadFailure.ThrowIfNil(ref reader, typeof(Tuple<T1, T2, T3>));
        reader.IncrementDepth();
        ElementCount.ReadExact(ref reader, 3, "a tuple");
        Tuple<T1, T2, T3> value = new(item1.Read(ref reader), item2.Read(ref reader), item3.Read(ref reader));
        reader.DecrementDepth();
        return value;
    }
}
