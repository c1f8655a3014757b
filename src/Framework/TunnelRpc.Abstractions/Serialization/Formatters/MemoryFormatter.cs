namespace TunnelRpc.Serialization.Formatters;

/// <summary>A piece of an array; what is read is an array of its own.</summary>
/// <param name="inner">Formats the elements.</param>
public sealed class MemoryFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<Memory<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, Memory<T> value) =>
        WriteSpan(ref writer, value.Span);

    private protected override Memory<T> ReadElements(ref MessagePackReader reader, int count) =>
        ReadArray(ref reader, count);
}
