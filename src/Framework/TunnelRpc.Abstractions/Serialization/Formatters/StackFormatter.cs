using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="Stack{T}"/> as an array, starting with the top.</summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class StackFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<Stack<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, Stack<T> value) =>
        WriteSequence(ref writer, value);

    private protected override Stack<T> ReadElements(ref MessagePackReader reader, int count)
    {
        T[] topDown = ReadArray(ref reader, count);
        Array.Reverse(topDown);
        return new Stack<T>(topDown);
    }
}
