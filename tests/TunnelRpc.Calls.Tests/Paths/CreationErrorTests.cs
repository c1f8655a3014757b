using Shouldly;
using TunnelRpc.Serialization;
using TunnelRpc.Serialization.Formatters;
using TunnelRpc.Testing.Hosting;
using Xunit;

namespace TunnelRpc.Calls.Tests.Paths;

/// <summary>A basket whose lines check their values.</summary>
public sealed record Basket(int Id, List<BasketLine> Lines);

public sealed class BasketLine
{
    private int _count;
    private string _article;

    public BasketLine(string article) => _article = article.Length > 0 ? article : throw new ArgumentException("secret 1");

    public string Article => _article;

    public int Count
    {
        get => _count;
        set => _count = value >= 0 ? value : throw new InvalidOperationException("secret 2");
    }

    public required string Place { get; init; }

    /// <summary>A line that its own constructor would not accept.</summary>
    public static BasketLine CreateInvalid() => new("bolt") { Place = "here", _article = "" };
}

/// <summary>The same values with integer keys.</summary>
public sealed class KeyedLine
{
    [TunnelMember(0)]
    public int Count { get; set; }

    [TunnelMember(2)]
    public required string Place { get; set; }
}

[TunnelService(Name = "path.baskets")]
public partial interface IBaskets
{
    Task AddAsync(string shop, Basket basket);

    Task<Basket> GetAsync();

    IAsyncEnumerable<Basket> ListAsync();

    Task AddKeyedAsync(KeyedLine[] lines);
}

/// <summary>
/// Errors of objects that cannot be created name the type and the path: a required member is missing, or a constructor or a setter throws.
/// </summary>
public sealed class CreationErrorTests
{
    private const string NoPlace = "basket.Lines[1].Place: Expected a value for TunnelRpc.Calls.Tests.Paths.BasketLine.Place, got none";
    private const string Threw = "Expected data that TunnelRpc.Calls.Tests.Paths.BasketLine accepts at offset ";

    private delegate void Writing(ref MessagePackWriter writer);

    [Fact]
    public async Task Missing_required_member_has_its_path()
    {
        TunnelException error = await AddAsync(LineWithout("Place"));

        error.Status.ShouldBe(TunnelStatus.InvalidArgument);
        error.Message.ShouldContain(NoPlace);
    }

    [Fact]
    public async Task Missing_required_member_with_an_integer_key_has_its_position()
    {
        await using TunnelTestHost host = await TunnelTestHost.StartAsync<IBaskets>(new Service());
        var arguments = new Raw((ref MessagePackWriter writer) =>
        {
            writer.WriteArrayHeader(1);
            writer.WriteArrayHeader(2);
            writer.WriteArrayHeader(3);
            writer.Write(1);
            writer.WriteNil();
            writer.Write("here");
            writer.WriteArrayHeader(1);
            writer.Write(1);
        });
        var method = new UnaryMethod<IBaskets, Unit, Unit>("path.baskets", "AddKeyedAsync", arguments, UnitFormatter.Instance, null!);

        TunnelException error = await Should.ThrowAsync<TunnelException>(
            () => InvokerOf(host).InvokeAsync(method, default, CancellationToken.None).AsTask());

        error.Message.ShouldContain(
            "lines[1][2]: Expected a value for TunnelRpc.Calls.Tests.Paths.KeyedLine.Place, got none in the object at offset ");
    }

    [Theory]
    [InlineData("", 1, "secret 1")]
    [InlineData("bolt", -1, "secret 2")]
    public async Task Constructor_or_setter_of_an_argument_that_throws_has_its_path(string article, int count, string text)
    {
        TunnelException withText = await AddAsync(Line(article, count));
        TunnelException withoutText = await AddAsync(Line(article, count), includeDetails: false);

        withText.Status.ShouldBe(TunnelStatus.InvalidArgument);
        withText.Message.ShouldContain("basket.Lines[1]: " + Threw);
        withText.Message.ShouldContain(text);
        withoutText.Status.ShouldBe(TunnelStatus.InvalidArgument);
        withoutText.Message.ShouldContain("basket.Lines[1]: " + Threw);
        withoutText.Message.ShouldContain("its option IncludeExceptionDetails");
        withoutText.ToString().ShouldNotContain(text);
    }

    [Fact]
    public async Task Constructor_of_a_result_that_throws_has_its_path_and_is_the_inner_exception()
    {
        await using TunnelTestHost host = await TunnelTestHost.StartAsync<IBaskets>(new Service());

        TunnelException error = await Should.ThrowAsync<TunnelException>(() => host.Client.Get<IBaskets>().GetAsync());

        error.Message.ShouldContain("could not be decoded: Lines[0]: " + Threw);
        error.InnerException.ShouldBeOfType<MessagePackException>()
            .InnerException.ShouldBeOfType<ArgumentException>().Message.ShouldBe("secret 1");
    }

    [Fact]
    public async Task Constructor_of_an_item_that_throws_has_its_path_and_is_the_inner_exception()
    {
        await using TunnelTestHost host = await TunnelTestHost.StartAsync<IBaskets>(new Service());

        TunnelException error = await Should.ThrowAsync<TunnelException>(
            async () => await host.Client.Get<IBaskets>().ListAsync().FirstAsync());

        error.Message.ShouldContain("could not be decoded: Lines[0]: " + Threw);
        error.InnerException.ShouldBeOfType<MessagePackException>().InnerException.ShouldBeOfType<ArgumentException>();
    }

    private static async Task<TunnelException> AddAsync(Writing line, bool includeDetails = true)
    {
        await using TunnelTestHost host = await TunnelTestHost.StartAsync<IBaskets>(
            new Service(), options => options.ConfigureServer = server => server.IncludeExceptionDetails = includeDetails);
        var arguments = new Raw((ref MessagePackWriter writer) =>
        {
            writer.WriteArrayHeader(2);
            writer.Write("here");
            writer.WriteMapHeader(2);
            writer.Write("Id");
            writer.Write(1);
            writer.Write("Lines");
            writer.WriteArrayHeader(2);
            Line("bolt", 1)(ref writer);
            line(ref writer);
        });
        var method = new UnaryMethod<IBaskets, Unit, Unit>("path.baskets", "AddAsync", arguments, UnitFormatter.Instance, null!);
        return await Should.ThrowAsync<TunnelException>(
            () => InvokerOf(host).InvokeAsync(method, default, CancellationToken.None).AsTask());
    }

    private static Writing Line(string article, int count) => (ref MessagePackWriter writer) =>
    {
        writer.WriteMapHeader(3);
        writer.Write("Place");
        writer.Write("here");
        writer.Write("Count");
        writer.Write(count);
        writer.Write("Article");
        writer.Write(article);
    };

    private static Writing LineWithout(string member) => (ref MessagePackWriter writer) =>
    {
        writer.WriteMapHeader(2);
        writer.Write("Article");
        writer.Write("nut");
        writer.Write(member == "Place" ? "Count" : "Place");
        writer.Write(1);
    };

    private static TunnelInvoker InvokerOf(TunnelTestHost host) => ((ITunnelStub)host.Client.Get<IBaskets>()).Invoker;

    /// <summary>Writes arguments as a peer with another contract does.</summary>
    private sealed class Raw(Writing write) : ITunnelFormatter<Unit>
    {
        public void Write(ref MessagePackWriter writer, Unit value) => write(ref writer);

        public Unit Read(ref MessagePackReader reader) => throw new NotSupportedException();
    }

    private sealed class Service : IBaskets
    {
        public Task AddAsync(string shop, Basket basket) => Task.CompletedTask;

        public Task<Basket> GetAsync() => Task.FromResult(new Basket(1, [BasketLine.CreateInvalid()]));

        public async IAsyncEnumerable<Basket> ListAsync()
        {
            await Task.Yield();
            yield return new Basket(1, [BasketLine.CreateInvalid()]);
        }

        public Task AddKeyedAsync(KeyedLine[] lines) => Task.CompletedTask;
    }
}
