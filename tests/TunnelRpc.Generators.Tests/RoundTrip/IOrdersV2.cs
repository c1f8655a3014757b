namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>The second version of a contract, which is served together with the first.</summary>
[TunnelService(Name = "orders.v2")]
public partial interface IOrdersV2
{
    [TunnelMethod(Name = "place")]
    Task<string> PlaceAsync(Sales.Order order);
}
