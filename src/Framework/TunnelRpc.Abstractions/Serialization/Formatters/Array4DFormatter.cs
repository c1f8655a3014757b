using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>
/// Formats an array of 4 dimensions as an array of 5 elements: the length of each dimension, and an array of the elements.
/// </summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class Array4DFormatter<T>(ITunnelFormatter<T> inner) : MultidimensionalArrayFormatter<T[,,,], T>(inner, 4)
{
    private protected override T[,,,] Create(ReadOnlySpan<int> lengths) => new T[lengths[0], lengths[1], lengths[2], lengths[3]];
}
