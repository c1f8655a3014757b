namespace TunnelRpc.Serialization.Formatters;

/// <summary>Anything that is an ICollection; what is read is a list.</summary>
/// <param name="inner">Formats the elements.</param>
public sealed class InterfaceCollectionFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<ICollection<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, ICollection<T> value) =>
        WriteSequence(ref writer, value);

    private protected override ICollection<T> ReadElements(ref MessagePackReader reader, int count) =>
        ReadList(ref reader, count);
}
