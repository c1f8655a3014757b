namespace TunnelRpc.Serialization.Formatters;

/// <summary>Anything that is an IReadOnlyList; what is read is an array.</summary>
/// <param name="inner">Formats the elements.</param>
public sealed class InterfaceReadOnlyListFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<IReadOnlyList<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, IReadOnlyList<T> value) =>
        WriteSequence(ref writer, value);

    private protected override IReadOnlyList<T> ReadElements(ref MessagePackReader reader, int count) =>
        ReadArray(ref reader, count);
}
