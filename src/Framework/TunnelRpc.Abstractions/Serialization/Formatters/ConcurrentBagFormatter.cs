using System.Collections.Concurrent;
using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>
/// Formats a snapshot of a <see cref="ConcurrentBag{T}"/> as an array. A bag enumerates the element that was added last first.
/// </summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ConcurrentBagFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<ConcurrentBag<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, ConcurrentBag<T> value) =>
        WriteSpan(ref writer, value.ToArray());

    private protected override ConcurrentBag<T> ReadElements(ref MessagePackReader reader, int count)
    {
        T[] lastFirst = ReadArray(ref reader, count);
        Array.Reverse(lastFirst);
        return new ConcurrentBag<T>(lastFirst);
    }
}
