using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats an <see cref="IEnumerable{T}"/> as an array. Reading returns a .NET array.</summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class InterfaceEnumerableFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<IEnumerable<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, IEnumerable<T> value) =>
        WriteSequence(ref writer, value);

    private protected override IEnumerable<T> ReadElements(ref MessagePackReader reader, int count) =>
        ReadArray(ref reader, count);
}
