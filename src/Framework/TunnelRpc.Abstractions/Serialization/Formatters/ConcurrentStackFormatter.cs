using System.Collections.Concurrent;
using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a snapshot of a <see cref="ConcurrentStack{T}"/> as an array, starting with the top.</summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ConcurrentStackFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<ConcurrentStack<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, ConcurrentStack<T> value) =>
        WriteSpan(ref writer, value.ToArray());

    private protected override ConcurrentStack<T> ReadElements(ref MessagePackReader reader, int count)
    {
        T[] topDown = ReadArray(ref reader, count);
        Array.Reverse(topDown);
        return new ConcurrentStack<T>(topDown);
    }
}
