namespace TunnelRpc.Calls.Tests.Filters;

/// <summary>A service with the same dependency as <see cref="StampFilter"/>.</summary>
internal sealed class StampService(CallStamp stamp, CallLog log, ITunnelCaller<Apps.IGuest> caller) : Apps.IGate
{
    public CallStamp Stamp => stamp;

    public Task<int> InstanceAsync(CancellationToken cancellationToken)
    {
        log.Entries.Enqueue("called");
        return Task.FromResult(1);
    }

    public Task<string> WhoAsync(CancellationToken cancellationToken) => Task.FromResult(caller.SessionId);

    public Task<string> GreetBackAsync(string name, CancellationToken cancellationToken) =>
        caller.Callback.GreetAsync(name, cancellationToken);

    public Task RunUntilCancelledAsync(CancellationToken cancellationToken) => Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
}
