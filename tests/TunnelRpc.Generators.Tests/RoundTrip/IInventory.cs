namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>A contract that is a service by itself and the base of another contract.</summary>
[TunnelService(Name = "inventory")]
public partial interface IInventory : IAudited
{
    Task<int> CountAsync(string article);

    [OneWay]
    Task TouchAsync(string article);

    IAsyncEnumerable<string> ListAsync(int count);

    Task<int> SumAsync(IAsyncEnumerable<int> items);
}
