namespace TunnelRpc.Serialization.Formatters;

/// <summary>Anything that is an IReadOnlySet; what is read is a HashSet.</summary>
/// <param name="inner">Formats the elements.</param>
public sealed class InterfaceReadOnlySetFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<IReadOnlySet<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, IReadOnlySet<T> value) =>
        WriteSequence(ref writer, value);

    private protected override IReadOnlySet<T> ReadElements(ref MessagePackReader reader, int count) =>
        ReadSet(ref reader, count);
}
