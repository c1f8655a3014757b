using Shouldly;
using TunnelRpc.Serialization;
using TunnelRpc.Serialization.Formatters;
using TunnelRpc.Testing.Hosting;
using Xunit;

namespace TunnelRpc.Calls.Tests.Paths;

public sealed record Sale(int Id, List<SaleItem> Items);

public sealed record SaleItem(string Name, int Count);

[TunnelService(Name = "path.sales")]
public partial interface ISales
{
    Task<int> AddAsync(string shop, Sale sale);

    Task<Sale> GetAsync(int id);

    IAsyncEnumerable<Sale> ListAsync(int count);

    Task AddAllAsync(IAsyncEnumerable<Sale> sales);
}

/// <summary>Errors of values that cannot be encoded or decoded name the path of the member.</summary>
public sealed class ErrorPathTests
{
    private static readonly Sale WithNull = new(1, [new SaleItem("a", 1), new SaleItem(null!, 2)]);

    /// <summary>What a peer whose contract has other types expects for each object.</summary>
    private static readonly DictionaryFormatter<string, int> Numbers = new(StringFormatter.Instance, Int32Formatter.Instance);

    [Fact]
    public async Task Argument_of_another_type_is_refused_with_its_path()
    {
        await using TunnelTestHost host = await TunnelTestHost.StartAsync<ISales>(new Service());
        var arguments = new Raw((ref MessagePackWriter writer) =>
        {
            writer.WriteArrayHeader(2);
            writer.Write("here");
            writer.WriteMapHeader(2);
            writer.Write("Id");
            writer.Write(1);
            writer.Write("Items");
            writer.WriteArrayHeader(1);
            writer.WriteMapHeader(1);
            writer.Write("Name");
            writer.Write(7);
        });
        var method = new UnaryMethod<ISales, Unit, int>("path.sales", "AddAsync", arguments, Int32Formatter.Instance, null!);

        TunnelException error = await Should.ThrowAsync<TunnelException>(
            () => InvokerOf(host).InvokeAsync(method, default, CancellationToken.None).AsTask());

        error.Status.ShouldBe(TunnelStatus.InvalidArgument);
        error.Message.ShouldContain("could not be decoded: sale.Items[0].Name: Expected a string at offset ");
    }

    [Fact]
    public async Task Result_of_another_type_has_the_path_in_its_error()
    {
        await using TunnelTestHost host = await TunnelTestHost.StartAsync<ISales>(new Service());
        var method = new UnaryMethod<ISales, Unit, Dictionary<string, int>>("path.sales", "GetAsync", One, Numbers, null!);

        TunnelException error = await Should.ThrowAsync<TunnelException>(
            () => InvokerOf(host).InvokeAsync(method, default, CancellationToken.None).AsTask());

        error.Message.ShouldContain("could not be decoded: Items: Expected an Int32 ");
    }

    [Fact]
    public async Task Item_of_another_type_has_the_path_in_its_error()
    {
        await using TunnelTestHost host = await TunnelTestHost.StartAsync<ISales>(new Service());
        var method = new ServerStreamingMethod<ISales, Unit, Dictionary<string, int>>("path.sales", "ListAsync", One, Numbers, null!);

        TunnelException error = await Should.ThrowAsync<TunnelException>(async () =>
        {
            await foreach (Dictionary<string, int> item in InvokerOf(host).InvokeServerStreamingAsync(method, default, default))
            {
                item.ShouldBeNull();
            }
        });

        error.Message.ShouldContain("could not be decoded: Items: Expected an Int32 ");
    }

    [Fact]
    public async Task Null_argument_is_an_ArgumentNullException_of_the_caller()
    {
        await using TunnelTestHost host = await TunnelTestHost.StartAsync<ISales>(new Service());
        ISales stub = host.Client.Get<ISales>();

        ArgumentNullException error = await Should.ThrowAsync<ArgumentNullException>(() => stub.AddAsync("here", null!));

        error.ParamName.ShouldBe("sale");
        error.Message.ShouldContain("Expected a value for the argument sale of AddAsync, got null.");
        (await stub.AddAsync("here", new Sale(1, []))).ShouldBe(1);
    }

    [Fact]
    public async Task Null_member_of_an_argument_has_its_path_in_the_error_of_the_caller()
    {
        await using TunnelTestHost host = await TunnelTestHost.StartAsync<ISales>(new Service());
        ISales stub = host.Client.Get<ISales>();

        MessagePackException error = await Should.ThrowAsync<MessagePackException>(() => stub.AddAsync("here", WithNull));

        error.Message.ShouldStartWith("sale.Items[1].Name: Expected a value for TunnelRpc.Calls.Tests.Paths.SaleItem.Name, got null.");
        (await stub.AddAsync("here", new Sale(1, []))).ShouldBe(1);
    }

    [Fact]
    public async Task Null_element_of_a_list_has_its_path_in_the_error_of_the_caller()
    {
        await using TunnelTestHost host = await TunnelTestHost.StartAsync<ISales>(new Service());

        MessagePackException error = await Should.ThrowAsync<MessagePackException>(
            () => host.Client.Get<ISales>().AddAsync("here", new Sale(1, [new SaleItem("a", 1), null!])));

        error.Message.ShouldStartWith("sale.Items[1]: Expected a value ");
    }

    [Fact]
    public async Task Null_member_of_a_result_has_its_path_in_the_failure()
    {
        await using TunnelTestHost host = await TunnelTestHost.StartAsync<ISales>(new Service());

        TunnelException error = await Should.ThrowAsync<TunnelException>(() => host.Client.Get<ISales>().GetAsync(-1));

        error.Status.ShouldBe(TunnelStatus.Internal);
        error.Message.ShouldContain("could not be encoded: Items[1].Name: Expected a value ");
    }

    [Fact]
    public async Task Null_member_of_an_item_has_its_path_in_the_failure_of_the_stream()
    {
        await using TunnelTestHost host = await TunnelTestHost.StartAsync<ISales>(new Service());

        Exception? error = await Record.ExceptionAsync(() => host.Client.Get<ISales>().AddAllAsync(Items()));

        error.ShouldNotBeNull().ToString().ShouldContain("Items[1].Name: Expected a value ");

        static async IAsyncEnumerable<Sale> Items()
        {
            yield return new Sale(1, []);
            await Task.Yield();
            yield return WithNull;
        }
    }

    private static Raw One => new((ref MessagePackWriter writer) =>
    {
        writer.WriteArrayHeader(1);
        writer.Write(1);
    });

    private static TunnelInvoker InvokerOf(TunnelTestHost host) => ((ITunnelStub)host.Client.Get<ISales>()).Invoker;

    private delegate void Writing(ref MessagePackWriter writer);

    /// <summary>Writes arguments as a peer with another contract does.</summary>
    private sealed class Raw(Writing write) : ITunnelFormatter<Unit>
    {
        public void Write(ref MessagePackWriter writer, Unit value) => write(ref writer);

        public Unit Read(ref MessagePackReader reader) => throw new NotSupportedException();
    }

    private sealed class Service : ISales
    {
        public Task<int> AddAsync(string shop, Sale sale) => Task.FromResult(sale.Id);

        public Task<Sale> GetAsync(int id) => Task.FromResult(id < 0 ? WithNull : new Sale(id, [new SaleItem("a", 1)]));

        public async IAsyncEnumerable<Sale> ListAsync(int count)
        {
            for (int i = 0; i < count; i++)
            {
                await Task.Yield();
                yield return new Sale(i, [new SaleItem("a", 1)]);
            }
        }

        public async Task AddAllAsync(IAsyncEnumerable<Sale> sales)
        {
            await foreach (Sale sale in sales)
            {
                sale.ShouldNotBeNull();
            }
        }
    }
}
