namespace TunnelRpc.Calls.Tests.Cancelling;

/// <summary>Given as a reference.</summary>
[TunnelService]
public partial interface ITicket
{
    Task<int> HoldAsync(CancellationToken cancellationToken = default);
}
