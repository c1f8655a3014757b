using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>
/// Formats an array of 2 dimensions as an array of 3 elements: the length of each dimension, and an array of the elements.
/// </summary>
/// <param name="inner">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class Array2DFormatter<T>(ITunnelFormatter<T> inner) : MultidimensionalArrayFormatter<T[,], T>(inner, 2)
{
    private protected override T[,] Create(ReadOnlySpan<int> lengths) => new T[lengths[0], lengths[1]];
}
