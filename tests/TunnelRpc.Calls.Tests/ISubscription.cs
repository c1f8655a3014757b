namespace TunnelRpc.Calls.Tests;

/// <summary>Given as a result.</summary>
[TunnelService]
public partial interface ISubscription
{
    Task<int> PublishAsync(int count);
}
