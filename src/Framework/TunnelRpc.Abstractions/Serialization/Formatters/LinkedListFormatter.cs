using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="LinkedList{T}"/> as an array.</summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class LinkedListFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<LinkedList<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, LinkedList<T> value) =>
        WriteSequence(ref writer, value);

    private protected override LinkedList<T> ReadElements(ref MessagePackReader reader, int count)
    {
        LinkedList<T> list = new();
        for (int i = 0; i < count; i++)
        {
            list.AddLast(Inner.Read(ref reader));
        }

        return list;
    }
}
