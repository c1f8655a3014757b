using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats an array as a MessagePack array.</summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ArrayFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<T[], T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, T[] value)
    {
        // An array of a derived type (array covariance) cannot be converted to a span of T.
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
