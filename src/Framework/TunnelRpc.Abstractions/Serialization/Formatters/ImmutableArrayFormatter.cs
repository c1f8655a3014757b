using System.Collections.Immutable;
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>
/// Formats an <see cref="ImmutableArray{T}"/> as an array. The default value, which has no underlying array, is nil.
/// </summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ImmutableArrayFormatter<T>(ITunnelFormatter<T> inner) : CollectionFormatter<ImmutableArray<T>, T>(inner)
{
    private protected override void WriteElements(ref MessagePackWriter writer, ImmutableArray<T> value) =>
        WriteSpan(ref writer, value.AsSpan());

    private protected override bool IsDefault(ImmutableArray<T> value) => value.IsDefault;

    private protected override ImmutableArray<T> ReadElements(ref MessagePackReader reader, int count) =>
        ImmutableCollectionsMarshal.AsImmutableArray(ReadArray(ref reader, count));
}
