namespace TunnelRpc.Client.Repeating;

/// <summary>An application's stream that says whether anybody has begun to take its elements: such a call is not made again.</summary>
internal sealed class WatchedInput<T>(IAsyncEnumerable<T> items) : IAsyncEnumerable<T>
{
    private volatile bool _isBegun;

    public bool IsBegun => _isBegun;

    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        _isBegun = true;
        return items.GetAsyncEnumerator(cancellationToken);
    }
}
