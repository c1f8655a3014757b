using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="ValueTuple"/> as an array of its 5 items.</summary>
/// <param name="item1">Formats item 1.</param>
/// <param name="item2">Formats item 2.</param>
/// <param name="item3">Formats item 3.</param>
/// <param name="item4">Formats item 4.</param>
/// <param name="item5">Formats item 5.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ValueTupleFormatter<T1, T2, T3, T4, T5>(
    ITunnelFormatter<T1> item1,
    ITunnelFormatter<T2> item2,
    ITunnelFormatter<T3> item3,
    ITunnelFormatter<T4> item4,
    ITunnelFormatter<T5> item5)
    : ITunnelFormatter<ValueTuple<T1, T2, T3, T4, T5>>
{
    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, ValueTuple<T1, T2, T3, T4, T5> value)
    {
        writer.IncrementDepth();
        writer.WriteArrayHeader(5);
        item1.Write(ref writer, value.Item1);
        item2.Write(ref writer, value.Item2);
        item3.Write(ref writer, value.Item3);
        item4.Write(ref writer, value.Item4);
        item5.Write(ref writer, value.Item5);
        writer.DecrementDepth();
    }

    /// <inheritdoc/>
    public ValueTuple<T1, T2, T3, T4, T5> Read(ref MessagePackReader reader)
    {
        reader.IncrementDepth();
        ElementCount.ReadExact(ref reader, 5, "a tuple");
        ValueTuple<T1, T2, T3, T4, T5> value = new(
            item1.Read(ref reader),
            item2.Read(ref reader),
            item3.Read(ref reader),
            item4.Read(ref reader),
            item5.Read(ref reader));
        reader.DecrementDepth();
        return value;
    }
}
