namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>A contract that inherits a contract, that one's base by two ways, and a closed generic interface; and hides a method.</summary>
[TunnelService(Name = "warehouse")]
public partial interface IWarehouse : IInventory, IRepository<Shapes.Position>, IAudited
{
    Task<string> MoveAsync(string article);

    [TunnelMethod(Name = "CountAll")]
    new Task<int> CountAsync(string article);
}
