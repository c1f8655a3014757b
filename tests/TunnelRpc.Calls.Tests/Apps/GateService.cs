namespace TunnelRpc.Calls.Tests.Apps;

internal sealed class GateService(ITunnelCaller<IGuest> caller, GateCounter counter) : IGate, IAsyncDisposable
{
    private readonly int _instance = counter.CountCreated();

    public Task<int> InstanceAsync(CancellationToken cancellationToken) => Task.FromResult(_instance);

    public Task<string> WhoAsync(CancellationToken cancellationToken) =>
        Task.FromResult($"{caller.User?.Identity?.Name ?? "nobody"} over {caller.Transport} in {caller.SessionId}");

    public Task<string> GreetBackAsync(string name, CancellationToken cancellationToken) =>
        caller.Callback.GreetAsync(name, cancellationToken);

    public Task RunUntilCancelledAsync(CancellationToken cancellationToken)
    {
        counter.Running.TrySetResult();
        return Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        counter.CountDisposed();
        return default;
    }
}
