namespace TunnelRpc.References;

/// <summary>Elements that the other side takes: what stands behind an IAsyncEnumerable that was passed inside other values.</summary>
internal interface IItemSource<out T>
{
    IAsyncEnumerable<T> ReadAsync(CancellationToken cancellationToken);
}
