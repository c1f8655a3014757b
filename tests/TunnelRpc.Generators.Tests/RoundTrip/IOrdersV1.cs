namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>The first version of a contract.</summary>
[TunnelService(Name = "orders.v1")]
public partial interface IOrdersV1
{
    [TunnelMethod(Name = "place")]
    Task<string> PlaceAsync(string article);
}
