using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="Tuple"/> as an array of its 1 item.</summary>
/// <param name="item1">Formats item 1.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class TupleFormatter<T1>(ITunnelFormatter<T1> item1) : ITunnelFormatter<Tuple<T1>>
{
    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, Tuple<T1> value)
    {
        if (value is null)
        {
            WriteFailure.ThrowNull(typeof(Tuple<T1>));
        }

        writer.IncrementDepth();
        writer.WriteArrayHeader(1);
        item1.Write(ref writer, value.Item1);
        writer.DecrementDepth();
    }

    /// <inheritdoc/>
    public Tuple<T1> Read(ref MessagePackReader reader)
    {
        ReadFailure.ThrowIfNil(ref reader, typeof(Tuple<T1>));
        reader.IncrementDepth();
        ElementCount.ReadExact(ref reader, 1, "a tuple");
        Tuple<T1> value = new(item1.Read(ref reader));
        reader.DecrementDepth();
        return value;
    }
}
