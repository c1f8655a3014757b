namespace TunnelRpc.Serialization.Formatters;

/// <summary>Anything that is an IReadOnlyCollection; what is read is an array.</summary>
/// <param name="inner">Formats the elements.</param>
public sealed class InterfaceReadOnlyCollectionFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<IReadOnlyCollection<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, IReadOnlyCollection<T> value) =>
        WriteSequence(ref writer, value);

    private protected override IReadOnlyCollection<T> ReadElements(ref MessagePackReader reader, int count) =>
        ReadArray(ref reader, count);
}
