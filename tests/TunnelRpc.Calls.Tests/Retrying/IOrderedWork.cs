namespace TunnelRpc.Calls.Tests.Retrying;

/// <summary>Calls that run one at a time, in order.</summary>
[TunnelService(Dispatch = TunnelDispatch.Ordered)]
public partial interface IOrderedWork
{
    ValueTask<int> AddAsync(int number, CancellationToken cancellationToken = default);
}
