using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="ValueTuple"/> as an array of its 1 item.</summary>
/// <param name="item1">Formats item 1.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ValueTupleFormatter<T1>(ITunnelFormatter<T1> item1) : ITunnelFormatter<ValueTuple<T1>>
{
    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, ValueTuple<T1> value)
    {
        writer.IncrementDepth();
        writer.WriteArrayHeader(1);
        item1.Write(ref writer, value.Item1);
        writer.DecrementDepth();
    }

    /// <inheritdoc/>
    public ValueTuple<T1> Read(ref MessagePackReader reader)
    {
        reader.IncrementDepth();
        ElementCount.ReadExact(ref reader, 1, "a tuple");
        ValueTuple<T1> value = new(item1.Read(ref reader));
        reader.DecrementDepth();
        return value;
    }
}
