using System.ComponentModel;
using System.Runtime.InteropServices;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="List{T}"/> as an array.</summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ListFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<List<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, List<T> value) =>
        WriteSpan(ref writer, CollectionsMarshal.AsSpan(value));

    private protected override List<T> ReadElements(ref MessagePackReader reader, int count) =>
        ReadList(ref reader, count);
}
