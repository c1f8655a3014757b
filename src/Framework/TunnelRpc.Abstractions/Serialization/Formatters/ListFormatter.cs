using System.Runtime.InteropServices;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>A list.</summary>
/// <param name="inner">Formats the elements.</param>
public sealed class ListFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<List<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, List<T> value) =>
        WriteSpan(ref writer, CollectionsMarshal.AsSpan(value));

    private protected override List<T> ReadElements(ref MessagePackReader reader, int count) =>
        ReadList(ref reader, count);
}
