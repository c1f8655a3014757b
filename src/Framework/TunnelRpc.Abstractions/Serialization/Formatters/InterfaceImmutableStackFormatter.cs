using System.Collections.Immutable;
using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>
/// Formats an <see cref="IImmutableStack{T}"/> as an array, starting with the top. Reading returns an <see cref="ImmutableStack{T}"/>.
/// </summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class InterfaceImmutableStackFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<IImmutableStack<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, IImmutableStack<T> value) =>
        WriteSequence(ref writer, value);

    private protected override IImmutableStack<T> ReadElements(ref MessagePackReader reader, int count)
    {
        T[] topDown = ReadArray(ref reader, count);
        Array.Reverse(topDown);
        return ImmutableStack.Create(topDown);
    }
}
