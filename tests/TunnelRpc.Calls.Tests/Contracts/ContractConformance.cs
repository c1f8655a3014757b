using Shouldly;
using TunnelRpc.Transports;
using Xunit;

namespace TunnelRpc.Calls.Tests.Contracts;

/// <summary>Contract features (inheritance, generics, versions, names, parameters) over every transport, in both directions.</summary>
public abstract class ContractConformance(ITransport? transport) : IAsyncLifetime
{
    private static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(120);

    private readonly Shop _shop = new();
    private ConnectedPair _pair = null!;

    public async Task InitializeAsync() => _pair = await ConnectedPair.StartAsync(
        transport,
        services => services.AddService<IShop>(_shop).AddService<IShopV1>(_shop).AddService<IStock>(_shop),
        _ => { },
        client =>
        {
            client.Serve<IShop>(_shop);
            client.Serve<IShopV1>(_shop);
            client.Serve<IStock>(_shop);
        });

    public async Task DisposeAsync() => await _pair.DisposeAsync().AsTask().WaitAsync(HangTimeout);

    [Theory, InlineData(false), InlineData(true)]
    public async Task Inherited_methods_can_be_called_through_each_interface(bool serverCallsClient)
    {
        IShop shop = _pair.Stub<IShop>(serverCallsClient);
        IStock stock = _pair.Stub<IStock>(serverCallsClient);

        (await shop.ReadAsync("a").WaitAsync(HangTimeout)).ShouldBe("read a");
        (await ((IReadable)shop).ReadAsync("b").WaitAsync(HangTimeout)).ShouldBe("read b");
        (await ((IStock)shop).CountAsync("four").WaitAsync(HangTimeout)).ShouldBe(4);
        (await stock.CountAsync("three").WaitAsync(HangTimeout)).ShouldBe(5);
        (await stock.ReadAsync("c").WaitAsync(HangTimeout)).ShouldBe("read c");
        (await shop.ListAsync(2).ToListAsync().AsTask().WaitAsync(HangTimeout)).ShouldBe(["article 0", "article 1"]);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Methods_of_a_closed_generic_base_can_be_called(bool serverCallsClient)
    {
        IRepository<IShop.Item> repository = _pair.Stub<IShop>(serverCallsClient);

        await repository.StoreAsync("bolt", new IShop.Item("bolt", 7)).WaitAsync(HangTimeout);

        (await repository.FindAsync("bolt").WaitAsync(HangTimeout)).ShouldBe(new IShop.Item("bolt", 7));
        (await repository.FindAsync("nut").WaitAsync(HangTimeout)).ShouldBeNull();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Two_versions_of_a_contract_are_served_with_their_own_default_values(bool serverCallsClient)
    {
        (await _pair.Stub<IShopV1>(serverCallsClient).OrderAsync("nut").WaitAsync(HangTimeout)).ShouldBe("v1 1 nut");
        (await _pair.Stub<IShop>(serverCallsClient).OrderAsync("nut").WaitAsync(HangTimeout)).ShouldBe("v2 3 Large nut none");
        (await _pair.Stub<IShop>(serverCallsClient)
            .OrderAsync("nut", 2, IShop.Size.Small, "soon").WaitAsync(HangTimeout)).ShouldBe("v2 2 Small nut soon");
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Generic_and_nested_types_are_sent_and_returned(bool serverCallsClient)
    {
        IShop.Page<Dictionary<string, IShop.Item>> found = await _pair.Stub<IShop>(serverCallsClient)
            .SearchAsync(CancellationToken.None, new IShop.Page<int>(1, [5, 6])).WaitAsync(HangTimeout);

        found.Number.ShouldBe(2);
        found.Content.Select(d => d.Single())
            .ShouldBe([new("key 5", new IShop.Item("item 5", 5)), new("key 6", new IShop.Item("item 6", 6))]);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Obsolete_method_with_an_explicit_name_can_be_called(bool serverCallsClient)
    {
#pragma warning disable CS0618 // The test verifies that an obsolete method can still be called.
        (await _pair.Stub<IShop>(serverCallsClient).BuyAsync(new IShop.Item("bolt", 2)).WaitAsync(HangTimeout)).ShouldBe("bought 2 bolt");
#pragma warning restore CS0618
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Cancellation_token_before_other_parameters_cancels_the_call(bool serverCallsClient)
    {
        using var cancellation = new CancellationTokenSource();
        Task<string> call = _pair.Stub<IShop>(serverCallsClient).BlockAsync("a", cancellation.Token, 1);
        await _shop.Started.WaitAsync(HangTimeout);

        await cancellation.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(call.WaitAsync(HangTimeout));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Sixteen_parameters_arrive_in_order(bool serverCallsClient)
    {
        string joined = await _pair.Stub<IShop>(serverCallsClient).JoinAsync(
            1, "b", true, 4.5, 'e', 6, Guid.Empty, 8, 9.50m, null, 11, 12, -13, 14.25f, 15, IShop.Size.Small).WaitAsync(HangTimeout);

        joined.ShouldBe("1 b True 4.5 e 6 00000000-0000-0000-0000-000000000000 8 9.50  11 12 -13 14.25 15 Small");
    }
}
