namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>Returns values that identify the method that was called.</summary>
internal sealed class Warehouse : IWarehouse
{
    private readonly Dictionary<string, Shapes.Position> _positions = [];

    public List<string> Touched { get; } = [];

    public Task<string> MoveAsync(string article) => Task.FromResult("moved " + article);

    public Task<int> CountAsync(string article) => Task.FromResult(2);

    Task<int> IInventory.CountAsync(string article) => Task.FromResult(1);

    public Task TouchAsync(string article)
    {
        Touched.Add(article);
        return Task.CompletedTask;
    }

    public IAsyncEnumerable<string> ListAsync(int count) => AsyncEnumerable.Repeat("article", count);

    public async Task<int> SumAsync(IAsyncEnumerable<int> items) => await items.SumAsync();

    public Task<string> AuditAsync(string who, CancellationToken cancellationToken) =>
        Task.FromResult(who + (cancellationToken.CanBeCanceled ? " with token" : ""));

    public Task<Shapes.Position?> FindAsync(string key) => Task.FromResult(_positions.GetValueOrDefault(key));

    public Task PutAsync(string key, Shapes.Position value)
    {
        _positions[key] = value;
        return Task.CompletedTask;
    }
}
