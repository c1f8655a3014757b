using System.Collections.Concurrent;
using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a snapshot of a <see cref="ConcurrentQueue{T}"/> as an array, starting with the head.</summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ConcurrentQueueFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<ConcurrentQueue<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, ConcurrentQueue<T> value) =>
        WriteSpan(ref writer, value.ToArray());

    private protected override ConcurrentQueue<T> ReadElements(ref MessagePackReader reader, int count) =>
        new(ReadArray(ref reader, count));
}
