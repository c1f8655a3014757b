namespace TunnelRpc.Calls.Tests;

internal sealed class Subscription(IListener listener) : ISubscription, IAsyncDisposable
{
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the subscription is disposed.</summary>
    public Task Disposed => _disposed.Task;

    public async Task<int> PublishAsync(int count)
    {
        for (int i = 0; i < count; i++)
        {
            await listener.NextAsync(i);
        }

        return count;
    }

    public ValueTask DisposeAsync()
    {
        _disposed.TrySetResult();
        return default;
    }
}
