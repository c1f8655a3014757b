using System.Collections.Immutable;
using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats an <see cref="ImmutableStack{T}"/> as an array, starting with the top.</summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ImmutableStackFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<ImmutableStack<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, ImmutableStack<T> value) =>
        WriteSequence(ref writer, value);

    private protected override ImmutableStack<T> ReadElements(ref MessagePackReader reader, int count)
    {
        T[] topDown = ReadArray(ref reader, count);
        Array.Reverse(topDown);
        return ImmutableStack.Create(topDown);
    }
}
