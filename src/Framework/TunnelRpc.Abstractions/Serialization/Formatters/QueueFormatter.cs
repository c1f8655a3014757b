using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="Queue{T}"/> as an array, starting with the head.</summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class QueueFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<Queue<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, Queue<T> value) =>
        WriteSequence(ref writer, value);

    private protected override Queue<T> ReadElements(ref MessagePackReader reader, int count)
    {
        Queue<T> queue = new(InitialCapacity(ref reader, count));
        for (int i = 0; i < count; i++)
        {
            queue.Enqueue(Inner.Read(ref reader));
        }

        return queue;
    }
}
