using System.Collections.Immutable;
using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>
/// Formats an <see cref="IImmutableQueue{T}"/> as an array, starting with the head. Reading returns an <see cref="ImmutableQueue{T}"/>.
/// </summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class InterfaceImmutableQueueFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<IImmutableQueue<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, IImmutableQueue<T> value) =>
        WriteSequence(ref writer, value);

    private protected override IImmutableQueue<T> ReadElements(ref MessagePackReader reader, int count) =>
        ImmutableQueue.Create(ReadArray(ref reader, count));
}
