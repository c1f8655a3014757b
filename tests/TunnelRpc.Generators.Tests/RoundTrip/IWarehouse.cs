namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>A contract that inherits a contract, an interface on two paths, and a generic interface, and that hides a method.</summary>
[TunnelService(Name = "warehouse")]
public partial interface IWarehouse : IInventory, IRepository<Shapes.Position>, IAudited
{
    Task<string> MoveAsync(string article);

    [TunnelMethod(Name = "CountAll")]
    new Task<int> CountAsync(string article);
}
