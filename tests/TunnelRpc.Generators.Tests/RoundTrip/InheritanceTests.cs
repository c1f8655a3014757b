using Shouldly;
using Xunit;

namespace TunnelRpc.Generators.Tests.RoundTrip;

public sealed class InheritanceTests
{
    private readonly Warehouse _service = new();
    private readonly IWarehouse _stub;

    public InheritanceTests() => _stub = Loop.Definition<IWarehouse>().CreateStub(new LoopInvoker(_service));

    [Fact]
    public void Inherited_methods_belong_to_derived_service()
    {
        Loop.Definition<IWarehouse>().Methods.Select(m => m.FullName).ShouldBe(
            [
                "warehouse/MoveAsync", "warehouse/CountAll", "warehouse/CountAsync", "warehouse/TouchAsync", "warehouse/ListAsync",
                "warehouse/SumAsync", "warehouse/FindAsync", "warehouse/store", "warehouse/AuditAsync",
            ],
            ignoreOrder: true);
    }

    [Fact]
    public void Base_contract_remains_separate_service()
    {
        Loop.Definition<IInventory>().Methods.Select(m => m.FullName).ShouldBe(
            ["inventory/CountAsync", "inventory/TouchAsync", "inventory/ListAsync", "inventory/SumAsync", "inventory/AuditAsync"],
            ignoreOrder: true);
    }

    [Fact]
    public async Task Inherited_methods_of_every_shape_are_called()
    {
        await _stub.TouchAsync("nail");

        _service.Touched.ShouldBe(["nail"]);
        (await _stub.MoveAsync("nail")).ShouldBe("moved nail");
        (await _stub.ListAsync(2).ToListAsync()).ShouldBe(["article", "article"]);
        (await _stub.SumAsync(new[] { 1, 2 }.ToAsyncEnumerable())).ShouldBe(3);
    }

    [Fact]
    public async Task Stub_implements_each_base_interface()
    {
        using var source = new CancellationTokenSource();

        IAudited audited = _stub;
        IInventory inventory = _stub;
        IRepository<Shapes.Position> repository = _stub;

        (await audited.AuditAsync("me", source.Token)).ShouldBe("me with token");
        (await inventory.AuditAsync("me")).ShouldBe("me");
        await repository.PutAsync("shelf", new Shapes.Position(3, "left"));
        (await repository.FindAsync("shelf")).ShouldBe(new Shapes.Position(3, "left"));
        (await repository.FindAsync("none")).ShouldBeNull();
    }

    [Fact]
    public async Task Hiding_and_hidden_method_are_separate()
    {
        (await _stub.CountAsync("nail")).ShouldBe(2);
        (await ((IInventory)_stub).CountAsync("nail")).ShouldBe(1);
    }

    [Fact]
    public async Task Implementation_of_derived_contract_serves_base()
    {
        IInventory stub = Loop.Definition<IInventory>().CreateStub(new LoopInvoker(_service));

        (await stub.CountAsync("nail")).ShouldBe(1);
        stub.ShouldNotBeAssignableTo<IWarehouse>();
    }
}
