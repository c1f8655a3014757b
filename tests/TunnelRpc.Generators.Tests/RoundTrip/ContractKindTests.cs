using Shouldly;
using Xunit;

namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>Tests contracts with many parameters, contracts with versions and obsolete contracts.</summary>
public sealed class ContractKindTests
{
    [Fact]
    public async Task Sixteen_parameters_are_passed_in_order()
    {
        IWide stub = Loop.Definition<IWide>().CreateStub(new LoopInvoker(new Wide()));
        using var source = new CancellationTokenSource();

        string sixteen = await stub.SixteenAsync(1, "b", true, 4.5, 'e', 6, Guid.Empty, 8, 9.0M, null, 11, 12, 13, 14.5F, 15, new(16, 17));
        string fifteen = await stub.FifteenAndTokenAsync(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, source.Token);
        List<int> fourteen = await stub.FourteenStreamAndTokenAsync(
            1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, new[] { 15, 16 }.ToAsyncEnumerable(), source.Token).ToListAsync();

        sixteen.ShouldBe("1 b True 4.5 e 6 00000000000000000000000000000000 8 9.0 null 11 12 13 14.5 15 16/17");
        fifteen.ShouldBe("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 True");
        fourteen.ShouldBe(Enumerable.Range(1, 16));
    }

    [Fact]
    public async Task Two_contract_versions_are_served_side_by_side()
    {
        var service = new Orders();
        IOrdersV1 first = Loop.Definition<IOrdersV1>().CreateStub(new LoopInvoker(service));
        IOrdersV2 second = Loop.Definition<IOrdersV2>().CreateStub(new LoopInvoker(service));

        (await first.PlaceAsync("nail")).ShouldBe("v1 nail");
        (await second.PlaceAsync(new("nail", 3))).ShouldBe("v2 3 nail");

        TunnelMethod one = Loop.Definition<IOrdersV1>().Methods.Single();
        TunnelMethod other = Loop.Definition<IOrdersV2>().Methods.Single();
        (one.FullName, other.FullName).ShouldBe(("orders.v1/place", "orders.v2/place"));
        one.Id.ShouldNotBe(other.Id);
    }

    [Fact]
    [Obsolete("Allows the use of obsolete members.")]
    public async Task Obsolete_contracts_methods_types_and_members_are_serialized()
    {
        IRetired stub = Loop.Definition<IRetired>().CreateStub(new LoopInvoker(new Retired()));

        (await stub.EchoAsync("a")).ShouldBe("a");
        (await stub.OldAsync(new("n") { Number = 3 })).ShouldBe(new("n") { Number = 3 });
    }
}
