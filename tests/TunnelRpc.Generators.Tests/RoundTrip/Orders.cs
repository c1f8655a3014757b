namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>Implements both versions of a contract.</summary>
internal sealed class Orders : IOrdersV1, IOrdersV2
{
    public Task<string> PlaceAsync(string article) => Task.FromResult("v1 " + article);

    public Task<string> PlaceAsync(Sales.Order order) => Task.FromResult($"v2 {order.Count} {order.Article}");
}
