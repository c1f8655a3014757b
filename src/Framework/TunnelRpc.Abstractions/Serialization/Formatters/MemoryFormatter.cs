using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="Memory{T}"/> as an array. Reading returns a new array.</summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class MemoryFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<Memory<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, Memory<T> value) =>
        WriteSpan(ref writer, value.Span);

    private protected override Memory<T> ReadElements(ref MessagePackReader reader, int count) =>
        ReadArray(ref reader, count);
}
