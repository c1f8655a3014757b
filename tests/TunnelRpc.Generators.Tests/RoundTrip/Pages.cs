namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>Returns its arguments.</summary>
internal sealed class Pages : Sales.IPages, Sales.Region.IOffice
{
    public Task<Sales.Page<Sales.Order>> Echo(Sales.Page<Sales.Order> page) => Task.FromResult(page);

    public Task<Sales.Page<Sales.Page<Sales.Order?>>> Nested(Sales.Page<Sales.Page<Sales.Order?>> page) => Task.FromResult(page);

    public Task<Dictionary<string, Sales.Page<int>>> Map(Dictionary<string, Sales.Page<int>> map) => Task.FromResult(map);

    public Task<Sales.Keyed<Guid,
    Sales.Page<Sales.Order>>?> Struct(Sales.Keyed<Guid, Sales.Page<Sales.Order>>? keyed) => Task.FromResult(keyed);

    public Task<Sales.Page<(int Number, Sales.Order? Order)>> Tuples(Sales.Page<(int Number, Sales.Order? Order)> page) =>
        Task.FromResult(page);

    public Task<Sales.Box<Sales.Order>.Lid> Lid(Sales.Box<Sales.Order>.Lid lid) => Task.FromResult(lid);

    public Task<Sales.Box<int>.Lined<Sales.Page<string>>> Lined(Sales.Box<int>.Lined<Sales.Page<string>> lined) => Task.FromResult(lined);

    public Task<Sales.Answer<Sales.Order>> Answer(Sales.Answer<Sales.Order> answer) => Task.FromResult(answer);

    public Task<Sales.Certain<Sales.Order>> Certain(Sales.Certain<Sales.Order> certain) => Task.FromResult(certain);

    public IAsyncEnumerable<Sales.Page<Sales.Order>> Stream(IAsyncEnumerable<Sales.Page<Sales.Order>> pages) => pages;

    public Task<Sales.Region.IOffice.Desk> Echo(Sales.Region.IOffice.Desk desk) => Task.FromResult(desk);
}
