using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="ValueTuple"/> as an array of its 2 items.</summary>
/// <param name="item1">Formats item 1.</param>
/// <param name="item2">Formats item 2.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ValueTupleFormatter<T1, T2>(
    ITunnelFormatter<T1> item1,
    ITunnelFormatter<T2> item2)
    : ITunnelFormatter<ValueTuple<T1, T2>>
{
    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, ValueTuple<T1, T2> value)
    {
        writer.IncrementDepth();
        writer.WriteArrayHeader(2);
        item1.Write(ref writer, value.Item1);
        item2.Write(ref writer, value.Item2);
        writer.DecrementDepth();
    }

    /// <inheritdoc/>
    public ValueTuple<T1, T2> Read(ref MessagePackReader reader)
    {
        reader.IncrementDepth();
        ElementCount.ReadExact(ref reader, 2, "a tuple");
        ValueTuple<T1, T2> value = new(item1.Read(ref reader), item2.Read(ref reader));
        reader.DecrementDepth();
        return value;
    }
}
