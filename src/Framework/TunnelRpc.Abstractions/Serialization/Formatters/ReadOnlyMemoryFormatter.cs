using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="ReadOnlyMemory{T}"/> as an array. Reading returns a new array.</summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ReadOnlyMemoryFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<ReadOnlyMemory<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, ReadOnlyMemory<T> value) =>
        WriteSpan(ref writer, value.Span);

    private protected override ReadOnlyMemory<T> ReadElements(ref MessagePackReader reader, int count) =>
        ReadArray(ref reader, count);
}
