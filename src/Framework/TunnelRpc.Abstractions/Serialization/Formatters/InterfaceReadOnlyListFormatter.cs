using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats an <see cref="IReadOnlyList{T}"/> as an array. Reading returns a .NET array.</summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class InterfaceReadOnlyListFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<IReadOnlyList<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, IReadOnlyList<T> value) =>
        WriteSequence(ref writer, value);

    private protected override IReadOnlyList<T> ReadElements(ref MessagePackReader reader, int count) =>
        ReadArray(ref reader, count);
}
