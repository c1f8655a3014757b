using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Net;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Shouldly;
using TunnelRpc.Serialization;
using Xunit;

namespace TunnelRpc.Generators.Tests.RoundTrip;

public sealed class PlatformTypeTests
{
    private readonly IPlatformTypes _stub = Loop.Definition<IPlatformTypes>().CreateStub(new LoopInvoker(new PlatformTypes()));

    [Fact]
    public async Task Members_round_trip()
    {
        PlatformMembers back = await _stub.MembersAsync(new PlatformMembers
        {
            Observable = [1, 2],
            Frozen = new Dictionary<string, IPAddress> { ["a"] = IPAddress.Loopback }.ToFrozenDictionary(),
            Array = [1],
            NullableArray = [],
            Ordered = new() { ["b"] = 1, ["a"] = 2 },
            Queue = new([("b", 2), ("a", 1)]),
            Bytes = new ReadOnlySequence<byte>(new byte[] { 1, 2 }),
            Vector = new Vector3(1, 2, 3),
            Index = ^1,
            Native = -5,
            Text = new StringBuilder("text"),
            Runes = [new Rune('é')],
            Json = JsonElement.Parse("""{"a":[1]}"""),
        });

        back.Observable.ShouldBe([1, 2]);
        back.Frozen!["a"].ShouldBe(IPAddress.Loopback);
        back.Array.ShouldBe([1]);
        back.NullableArray!.Value.ShouldBeEmpty();
        back.Ordered!.Keys.ShouldBe(["b", "a"]);
        back.Queue!.Dequeue().ShouldBe("a");
        back.Bytes.ToArray().ShouldBe([1, 2]);
        (back.Vector, back.Index, back.Native).ShouldBe((new Vector3(1, 2, 3), ^1, -5));
        back.Text!.ToString().ShouldBe("text");
        back.Runes.ShouldBe([new Rune('é')]);
        back.Json!.Value.GetRawText().ShouldBe("""{"a":[1]}""");
    }

    [Fact]
    public async Task Defaults_and_nulls_round_trip()
    {
        PlatformMembers back = await _stub.MembersAsync(new PlatformMembers());

        (back.Frozen, back.NullableArray, back.Ordered, back.Queue, back.Index, back.Text, back.Json)
            .ShouldBe((null, null, null, null, null, null, null));
        back.Array.IsDefault.ShouldBeTrue();
        back.Bytes.IsEmpty.ShouldBeTrue();
        (await _stub.StackAsync(null)).ShouldBeNull();
        (await _stub.ArrayAsync(null)).ShouldBeNull();
        (await _stub.NodeAsync(null)).ShouldBeNull();
        await Should.ThrowAsync<MessagePackException>(() => _stub.MembersAsync(new PlatformMembers { Observable = null! }));
    }

    [Fact]
    public async Task Arguments_and_results_round_trip()
    {
        (await _stub.StackAsync(new ConcurrentStack<int>([1, 2, 3])))!.ShouldBe([3, 2, 1]);
        (await _stub.NestedAsync(new() { ["a"] = [ImmutableQueue.Create<string?>("x", null), []] }))["a"][0].ShouldBe(["x", null]);
        (await _stub.ArrayAsync(new int[,] { { 1, 2 }, { 3, 4 }, { 5, 6 } }))![2, 0].ShouldBe(5);
        (await _stub.TupleAsync((1, "2", 3, 4, 5, 6, 7, null, 9))).ShouldBe((1, "2", 3, 4, 5, 6, 7, null, 9));
        (await _stub.NodeAsync(new JsonArray(1, "a", null)))!.ToJsonString().ShouldBe("""[1,"a",null]""");

        ILookup<string, PlatformMembers?> lookup = await _stub.LookupAsync(
            new PlatformMembers?[] { null, new() { Native = 1 } }.ToLookup(item => item is null ? "none" : "some"));
        lookup["none"].ShouldBe([null]);
        lookup["some"].ShouldHaveSingleItem()!.Native.ShouldBe(1);
    }

    [Fact]
    public async Task Items_of_streams_round_trip()
    {
        JsonElement[] elements = [JsonElement.Parse("1"), JsonElement.Parse("null"), JsonElement.Parse("[]")];

        (await _stub.ElementsAsync(elements.ToAsyncEnumerable()).Select(element => element.GetRawText()).ToListAsync())
            .ShouldBe(["1", "null", "[]"]);
        (await _stub.SegmentsAsync(new ArraySegment<byte>[] { default, new([1, 2, 3], 1, 1) }.ToAsyncEnumerable()).ToListAsync())
            .Select(segment => segment.Array is null ? "default" : Convert.ToHexString(segment)).ShouldBe(["default", "02"]);
    }
}
