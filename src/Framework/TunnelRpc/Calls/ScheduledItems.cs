namespace TunnelRpc.Calls;

/// <summary>The stream that a scheduled call returns: each step of the application's enumerator runs on the scheduler. Used once.</summary>
/// <param name="items">The stream of the application.</param>
/// <param name="scheduler">Where it runs.</param>
internal sealed class ScheduledItems<TItem>(IAsyncEnumerable<TItem> items, CallScheduler scheduler)
    : IAsyncEnumerable<TItem>, IAsyncEnumerator<TItem>
{
    private IAsyncEnumerator<TItem>? _enumerator;
    private CancellationToken _cancellationToken;

    public TItem Current => _enumerator!.Current;

    public IAsyncEnumerator<TItem> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        _cancellationToken = cancellationToken;
        return this;
    }

    public async ValueTask<bool> MoveNextAsync()
    {
        if (!await scheduler.SwitchTo())
        {
            throw new TunnelException(
                TunnelStatus.Unavailable,
                "The SynchronizationContext or TaskScheduler of the callback accepts no work any more, so its stream ends. "
                + "Check that it was not shut down before the client was disposed.");
        }

        _enumerator ??= items.GetAsyncEnumerator(_cancellationToken);
        return await _enumerator.MoveNextAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (_enumerator is not null)
        {
            // Also if the context refuses work: the stream is disposed in any case.
            await scheduler.SwitchTo();
            await _enumerator.DisposeAsync().ConfigureAwait(false);
        }
    }
}
