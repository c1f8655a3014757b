namespace TunnelRpc.References;

/// <summary>The exported target of an <see cref="IAsyncEnumerable{T}"/> that was passed to the peer inside another value.</summary>
internal interface IItemSource<out T>
{
    /// <summary>Returns the items.</summary>
    IAsyncEnumerable<T> ReadAsync(CancellationToken cancellationToken);
}
