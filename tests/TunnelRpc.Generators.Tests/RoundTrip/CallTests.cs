using System.Globalization;
using Shouldly;
using TunnelRpc.Serialization;
using Xunit;

namespace TunnelRpc.Generators.Tests.RoundTrip;

public sealed class CallTests
{
    private readonly Calls _service = new();
    private readonly ICalls _stub;

    public CallTests() => _stub = Loop.Definition<ICalls>().CreateStub(new LoopInvoker(_service));

    [Fact]
    public async Task Calls_without_result_reach_implementation()
    {
        using var source = new CancellationTokenSource();

        await _stub.Void("a");
        await _stub.VoidValue("b");
        await _stub.Send("c");
        await _stub.SendValue("d", source.Token);
        await _stub.UpVoid(Items("e", "f"));
        await _stub.UpVoidValue(Items("g"));

        _service.Received.ShouldBe(["a", "b", "c", "d with token", "e", "f", "g"]);
    }

    [Fact]
    public async Task Overloads_and_similar_names_are_distinguished()
    {
        (await _stub.Add(1, 2)).ShouldBe(3);
        (await _stub.Add(1, 2, 3)).ShouldBe(6);
        (await _stub.Add2(1)).ShouldBe(3);
    }

    [Fact]
    public async Task Nullable_result_can_be_null()
    {
        (await _stub.Nullable(null)).ShouldBeNull();
        (await _stub.Nullable("x")).ShouldBe("x");
    }

    [Fact]
    public async Task Streams_transfer_items_in_each_direction()
    {
        using var source = new CancellationTokenSource();

        (await _stub.Down(3, source.Token).ToListAsync()).ShouldBe([1, 2, 3]);
        (await _stub.Up(10, Items(1, 2))).ShouldBe(13);
        (await _stub.UpValue(Items("a", "b"))).ShouldBe("ab");
        (await _stub.Both("#", Items(4, 5), default).ToListAsync()).ShouldBe(["#4", "#5"]);
    }

    [Fact]
    public async Task Parameters_named_like_generated_code_are_passed()
    {
        using var source = new CancellationTokenSource();

        string result = await _stub.@event(1, 2, 3, 4, 5, 6, source.Token, 7, 8, 9);

        result.ShouldBe("1,2,3,4,5,6,True,7,8,9");
    }

    [Fact]
    public void Wire_names_have_no_at_sign()
    {
        TunnelServiceDefinition<ICalls> definition = Loop.Definition<ICalls>();

        definition.Name.ShouldBe("calls");
        definition.Methods.Select(m => m.Name).ShouldContain("event");
        definition.Methods.Select(m => m.Name).ShouldContain("AddThree");
    }

    [Fact]
    public async Task Arguments_omitted_by_older_peer_get_defaults()
    {
        string declared = await _stub.Defaults("x");

        // An array of one argument, as sent by a peer whose contract has no further parameters.
        string shorter = await InvokeRaw("Defaults", [0x91, 0xa1, (byte)'x']);

        shorter.ShouldBe(declared);
        shorter.ShouldBe(string.Create(
            CultureInfo.InvariantCulture,
            $"x|a \"b\"\n|'|-5|{long.MinValue}|{ulong.MaxValue}|NaN|0.5|-1.50|Blue||True|3|4|{Guid.Empty:N}|null"));
    }

    [Fact]
    public async Task Missing_argument_without_default_is_rejected_by_name()
    {
        MessagePackException error = await Should.ThrowAsync<MessagePackException>(() => InvokeRaw("Defaults", [0x90]));

        error.Message.ShouldContain("the argument given of Defaults");
    }

    [Fact]
    public async Task Nil_for_non_nullable_argument_is_rejected_by_name()
    {
        MessagePackException error = await Should.ThrowAsync<MessagePackException>(() => InvokeRaw("Defaults", [0x91, 0xc0]));

        error.Message.ShouldContain("the argument given of Defaults");
    }

    [Fact]
    public async Task Null_for_non_nullable_argument_is_rejected_by_name()
    {
        ArgumentNullException error = await Should.ThrowAsync<ArgumentNullException>(() => _stub.Void(null!));

        error.ParamName.ShouldBe("text");
        error.Message.ShouldContain("the argument text of Void");
    }

    [Fact]
    public async Task Arguments_added_by_newer_peer_are_skipped()
    {
        // An array of three arguments, although the method has one parameter.
        string result = await InvokeRaw("Nullable", [0x93, 0xa1, (byte)'y', 0x81, 0x01, 0x02, 0xc0]);

        result.ShouldBe("y");
    }

    private static IAsyncEnumerable<T> Items<T>(params T[] items) => items.ToAsyncEnumerable();

    private Task<string> InvokeRaw(string method, byte[] arguments) => Loop.Definition<ICalls>().Methods
        .Single(m => m.Name == method).Accept(new RawCall<ICalls>(_service, arguments));
}
