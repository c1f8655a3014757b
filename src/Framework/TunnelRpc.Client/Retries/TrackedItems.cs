namespace TunnelRpc.Client.Retries;

/// <summary>
/// Wraps the items that an application sends, and records whether an enumeration has started. From then on the call is not retried, because
/// the items cannot be read twice.
/// </summary>
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
