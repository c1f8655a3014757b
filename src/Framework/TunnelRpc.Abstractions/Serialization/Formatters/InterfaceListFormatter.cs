namespace TunnelRpc.Serialization.Formatters;

/// <summary>Anything that is an IList; what is read is a list.</summary>
/// <param name="inner">Formats the elements.</param>
public sealed class InterfaceListFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<IList<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, IList<T> value) =>
        WriteSequence(ref writer, value);

    private protected override IList<T> ReadElements(ref MessagePackReader reader, int count) =>
        ReadList(ref reader, count);
}
