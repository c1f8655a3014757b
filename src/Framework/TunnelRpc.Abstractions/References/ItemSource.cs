namespace TunnelRpc.References;

/// <summary>Exposes the application's <see cref="IAsyncEnumerable{T}"/> to the peer.</summary>
internal sealed class ItemSource<T>(IAsyncEnumerable<T> items) : IItemSource<T>, ICallScopedTarget
{
    public IAsyncEnumerable<T> ReadAsync(CancellationToken cancellationToken) => items;
}
