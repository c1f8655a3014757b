using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats an <see cref="IReadOnlyCollection{T}"/> as an array. Reading returns a .NET array.</summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class InterfaceReadOnlyCollectionFormatter<T>(ITunnelFormatter<T> inner)
    : CollectionFormatter<IReadOnlyCollection<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, IReadOnlyCollection<T> value) =>
        WriteSequence(ref writer, value);

    private protected override IReadOnlyCollection<T> ReadElements(ref MessagePackReader reader, int count) =>
        ReadArray(ref reader, count);
}
