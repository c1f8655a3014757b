namespace TunnelRpc.Calls.Tests.Retrying;

/// <summary>A contract with ordered dispatch.</summary>
[TunnelService(Dispatch = TunnelDispatch.Ordered)]
public partial interface IOrderedWork
{
    ValueTask<int> AddAsync(int number, CancellationToken cancellationToken = default);
}
