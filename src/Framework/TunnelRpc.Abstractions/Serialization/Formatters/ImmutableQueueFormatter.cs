using System.Collections.Immutable;
using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats an <see cref="ImmutableQueue{T}"/> as an array, starting with the head.</summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ImmutableQueueFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<ImmutableQueue<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, ImmutableQueue<T> value) =>
        WriteSequence(ref writer, value);

    private protected override ImmutableQueue<T> ReadElements(ref MessagePackReader reader, int count) =>
        ImmutableQueue.Create(ReadArray(ref reader, count));
}
