namespace TunnelRpc.References;

/// <summary>The application's elements.</summary>
internal sealed class ItemSource<T>(IAsyncEnumerable<T> items) : IItemSource<T>
{
    public IAsyncEnumerable<T> ReadAsync(CancellationToken cancellationToken) => items;
}
