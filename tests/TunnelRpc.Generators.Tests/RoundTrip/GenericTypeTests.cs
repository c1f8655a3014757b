using Shouldly;
using TunnelRpc.Serialization;
using Xunit;
using static TunnelRpc.Generators.Tests.RoundTrip.Sales;

namespace TunnelRpc.Generators.Tests.RoundTrip;

public sealed class GenericTypeTests
{
    private static readonly Order Nails = new("nail", 100);

    private readonly IPages _stub = Loop.Definition<IPages>().CreateStub(new LoopInvoker(new Pages()));

    [Fact]
    public async Task Closed_generic_records_round_trip()
    {
        Page<Order> back = await _stub.Echo(new Page<Order>([Nails, new("screw", 2)], Nails, new Page<Order>([], null)));

        back.Items.ShouldBe([Nails, new("screw", 2)]);
        back.First.ShouldBe(Nails);
        back.Next.ShouldNotBeNull().Items.ShouldBeEmpty();
    }

    [Fact]
    public async Task Nested_generic_types_round_trip()
    {
        Page<Page<Order?>> back = await _stub.Nested(new([new([Nails, null], null)], null));

        back.Items.Single().Items.ShouldBe([Nails, null]);
        back.First.ShouldBeNull();
    }

    [Fact]
    public async Task Generic_types_in_collections_structs_and_tuples_round_trip()
    {
        var id = new Guid("00112233-4455-6677-8899-aabbccddeeff");

        (await _stub.Map(new() { ["a"] = new([1, 2], 1) }))["a"].Items.ShouldBe([1, 2]);
        (await _stub.Struct(null)).ShouldBeNull();
        (await _stub.Struct(new(id, new([Nails], null)))).ShouldNotBeNull().Value.Items.ShouldBe([Nails]);
        (await _stub.Tuples(new([(1, Nails), (2, null)], (3, null)))).Items.ShouldBe([(1, Nails), (2, null)]);
    }

    [Fact]
    public async Task Types_nested_in_generic_types_round_trip()
    {
        (await _stub.Lid(new(Nails))).Inside.ShouldBe(Nails);

        Box<int>.Lined<Page<string>> lined = await _stub.Lined(new(7, new(["soft"], null)));

        (lined.Inside, lined.Lining.Items.Single()).ShouldBe((7, "soft"));
    }

    [Fact]
    public async Task Member_of_a_type_parameter_is_null_if_the_parameter_allows_it()
    {
        (await _stub.Answer(new(null!, "not found"))).ShouldBe(new(null!, "not found"));
        (await _stub.Answer(new(Nails, null) { Hint = Nails, Other = Nails })).ShouldBe(new(Nails, null) { Hint = Nails, Other = Nails });
        (await _stub.Certain(new(Nails))).ShouldBe(new(Nails));

        await Should.ThrowAsync<MessagePackException>(() => _stub.Certain(new(null!)));
    }

    [Fact]
    public async Task Generic_types_are_streamed()
    {
        List<Page<Order>> back =
            await _stub.Stream(new Page<Order>[] { new([Nails], null), new([], Nails) }.ToAsyncEnumerable()).ToListAsync();

        back.Select(p => p.Items.Count).ShouldBe([1, 0]);
    }

    [Fact]
    public async Task Contract_nested_in_struct_with_nested_types_is_called()
    {
        Region.IOffice stub = Loop.Definition<Region.IOffice>().CreateStub(new LoopInvoker(new Pages()));

        Region.IOffice.Desk back = await stub.Echo(new(Region.IOffice.Kind.High, new(Region.IOffice.Kind.Low, null)));

        back.ShouldBe(new(Region.IOffice.Kind.High, new(Region.IOffice.Kind.Low, null)));
        Loop.Definition<Region.IOffice>().Name.ShouldBe("TunnelRpc.Generators.Tests.RoundTrip.Sales.Region.IOffice");
    }
}
