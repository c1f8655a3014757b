namespace TunnelRpc.Client.Retries;

/// <summary>An application's stream that says whether anybody has begun to take its elements: such a call is not made again.</summary>
internal sealed class TrackedItems<T>(IAsyncEnumerable<T> items) : IAsyncEnumerable<T>
{
    private volatile bool _hasStarted;

    public bool HasStarted => _hasStarted;

    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        _hasStarted = true;
        return items.GetAsyncEnumerator(cancellationToken);
    }
}
