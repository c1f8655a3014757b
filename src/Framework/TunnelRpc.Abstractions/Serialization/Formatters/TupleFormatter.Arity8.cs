using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>
/// Formats a <see cref="Tuple"/> of 8 or more items as an array of 7 items and an array of the other items, as .NET nests them.
/// </summary>
/// <param name="item1">Formats item 1.</param>
/// <param name="item2">Formats item 2.</param>
/// <param name="item3">Formats item 3.</param>
/// <param name="item4">Formats item 4.</param>
/// <param name="item5">Formats item 5.</param>
/// <param name="item6">Formats item 6.</param>
/// <param name="item7">Formats item 7.</param>
/// <param name="rest">Formats the tuple of the other items.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class TupleFormatter<T1, T2, T3, T4, T5, T6, T7, TRest>(
    ITunnelFormatter<T1> item1,
    ITunnelFormatter<T2> item2,
    ITunnelFormatter<T3> item3,
    ITunnelFormatter<T4> item4,
    ITunnelFormatter<T5> item5,
    ITunnelFormatter<T6> item6,
    ITunnelFormatter<T7> item7,
    ITunnelFormatter<TRest> rest)
    : ITunnelFormatter<Tuple<T1, T2, T3, T4, T5, T6, T7, TRest>>
    where TRest : notnull
{
    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, Tuple<T1, T2, T3, T4, T5, T6, T7, TRest> value)
    {
        if (value is null)
        {
            WriteFailure.ThrowNull(typeof(Tuple<T1, T2, T3, T4, T5, T6, T7, TRest>));
        }

        writer.IncrementDepth();
        writer.WriteArrayHeader(8);
        item1.Write(ref writer, value.Item1);
        item2.Write(ref writer, value.Item2);
        item3.Write(ref writer, value.Item3);
        item4.Write(ref writer, value.Item4);
        item5.Write(ref writer, value.Item5);
        item6.Write(ref writer, value.Item6);
        item7.Write(ref writer, value.Item7);
        rest.Write(ref writer, value.Rest);
        writer.DecrementDepth();
    }

    /// <inheritdoc/>
    public Tuple<T1, T2, T3, T4, T5, T6, T7, TRest> Read(ref MessagePackReader reader)
    {
        ReadFailure.ThrowIfNil(ref reader, typeof(Tuple<T1, T2, T3, T4, T5, T6, T7, TRest>));
        reader.IncrementDepth();
        ElementCount.ReadExact(ref reader, 8, "a tuple");
        Tuple<T1, T2, T3, T4, T5, T6, T7, TRest> value = new(
            item1.Read(ref reader),
            item2.Read(ref reader),
            item3.Read(ref reader),
            item4.Read(ref reader),
            item5.Read(ref reader),
            item6.Read(ref reader),
            item7.Read(ref reader),
            rest.Read(ref reader));
        reader.DecrementDepth();
        return value;
    }
}
