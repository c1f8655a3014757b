using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>
/// Formats a <see cref="PriorityQueue{TElement, TPriority}"/> as an array of arrays of two elements: element and priority, in no particular
/// order. Reading uses the default order of the priorities.
/// </summary>
/// <param name="element">Formats the elements.</param>
/// <param name="priority">Formats the priorities.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class PriorityQueueFormatter<TElement, TPriority>(ITunnelFormatter<TElement> element, ITunnelFormatter<TPriority> priority)
    : CollectionFormatter<PriorityQueue<TElement, TPriority>, (TElement Element, TPriority Priority)>(
        new ValueTupleFormatter<TElement, TPriority>(element, priority))
{
    private protected override void WriteElements(ref MessagePackWriter writer, PriorityQueue<TElement, TPriority> value) =>
        WriteSequence(ref writer, value.UnorderedItems);

    private protected override PriorityQueue<TElement, TPriority> ReadElements(ref MessagePackReader reader, int count) =>
        new(ReadArray(ref reader, count));
}
