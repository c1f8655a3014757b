namespace TunnelRpc.Calls.Tests;

/// <summary>A service that is returned as a result.</summary>
[TunnelService]
public partial interface ISubscription
{
    Task<int> PublishAsync(int count);
}
