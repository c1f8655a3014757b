namespace TunnelRpc.Serialization.Formatters;

/// <summary>An array.</summary>
/// <param name="inner">Formats the elements.</param>
public sealed class ArrayFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<T[], T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, T[] value)
    {
        // An array of a derived type has no span of this one.
        if (typeof(T).IsValueType || value.GetType() == typeof(T[]))
        {
            WriteSpan(ref writer, value);
        }
        else
        {
            WriteSequence(ref writer, value);
        }
    }

    private protected override T[] ReadElements(ref MessagePackReader reader, int count) =>
        ReadArray(ref reader, count);
}
