namespace TunnelRpc.Serialization.Formatters;

/// <summary>Anything that is an IEnumerable; what is read is an array.</summary>
/// <param name="inner">Formats the elements.</param>
public sealed class InterfaceEnumerableFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<IEnumerable<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, IEnumerable<T> value) =>
        WriteSequence(ref writer, value);

    private protected override IEnumerable<T> ReadElements(ref MessagePackReader reader, int count) =>
        ReadArray(ref reader, count);
}
