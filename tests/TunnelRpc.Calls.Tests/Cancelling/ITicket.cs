namespace TunnelRpc.Calls.Tests.Cancelling;

/// <summary>A service that is returned by reference.</summary>
[TunnelService]
public partial interface ITicket
{
    Task<int> BlockAsync(CancellationToken cancellationToken = default);
}
