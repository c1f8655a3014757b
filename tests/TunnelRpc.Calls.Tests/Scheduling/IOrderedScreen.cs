namespace TunnelRpc.Calls.Tests.Scheduling;

/// <summary>A contract under ordered dispatch of a client with a user interface.</summary>
[TunnelService(Dispatch = TunnelDispatch.Ordered)]
public partial interface IOrderedScreen
{
    Task<string[]> ShowAsync(int number, CancellationToken cancellationToken = default);
}
