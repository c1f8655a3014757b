namespace TunnelRpc.Serialization.Formatters;

/// <summary>A set; an element that comes twice counts once.</summary>
/// <param name="inner">Formats the elements.</param>
public sealed class HashSetFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<HashSet<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, HashSet<T> value) =>
        WriteSequence(ref writer, value);

    private protected override HashSet<T> ReadElements(ref MessagePackReader reader, int count) =>
        ReadSet(ref reader, count);
}
