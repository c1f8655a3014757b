namespace TunnelRpc.References;

/// <summary>The application's elements.</summary>
internal sealed class ItemSource<T>(IAsyncEnumerable<T> items) : IItemSource<T>, ICallScopedTarget
{
    public IAsyncEnumerable<T> ReadAsync(CancellationToken cancellationToken) => items;
}
