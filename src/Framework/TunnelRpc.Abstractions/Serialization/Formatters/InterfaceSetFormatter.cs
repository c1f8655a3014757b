namespace TunnelRpc.Serialization.Formatters;

/// <summary>Anything that is an ISet; what is read is a HashSet.</summary>
/// <param name="inner">Formats the elements.</param>
public sealed class InterfaceSetFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<ISet<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, ISet<T> value) =>
        WriteSequence(ref writer, value);

    private protected override ISet<T> ReadElements(ref MessagePackReader reader, int count) =>
        ReadSet(ref reader, count);
}
