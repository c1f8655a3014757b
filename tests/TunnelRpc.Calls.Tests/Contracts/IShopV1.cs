namespace TunnelRpc.Calls.Tests.Contracts;

/// <summary>The first version of a contract.</summary>
[TunnelService(Name = "shop.v1")]
public partial interface IShopV1
{
    Task<string> OrderAsync(string article, int count = 1);
}
