using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using Shouldly;
using TunnelRpc.FSharp.Contracts;
using TunnelRpc.Serialization;
using Xunit;

namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>Tests that types of F# round-trip. They have structural equality.</summary>
public sealed class FSharpTests
{
    private readonly IFSharp _stub = Loop.Definition<IFSharp>().CreateStub(new LoopInvoker(new FSharpService()));

    public static TheoryData<Figure> Figures => new()
    {
        Figure.NewCircle(1.5),
        Figure.NewRectangle(1, 2),
        Figure.Nothing,
        Figure.NewScaled(Figure.NewScaled(Figure.Nothing, 2), 3),
    };

    [Theory, MemberData(nameof(Figures))]
    public async Task Cases_of_a_discriminated_union_round_trip(Figure figure) => (await _stub.FigureAsync(figure)).ShouldBe(figure);

    [Fact]
    public async Task Other_discriminated_unions_round_trip()
    {
        (await _stub.LightsAsync(ListModule.OfSeq([Light.Green, Light.Red]))).ShouldBe([Light.Green, Light.Red]);
        (await _stub.MeasureAsync(Measure.NewPieces(3))).ShouldBe(Measure.NewPieces(3));
        (await _stub.MeasureAsync(Measure.NewMeters(1.5))).ShouldBe(Measure.NewMeters(1.5));
        var tree = Tree<int>.NewNode(Tree<int>.NewNode(Tree<int>.Leaf, 1, Tree<int>.Leaf), 2, Tree<int>.Leaf);
        (await _stub.TreeAsync(tree)).ShouldBe(tree);
        (await _stub.FiguresAsync(new[] { Figure.Nothing, null }.ToAsyncEnumerable()).ToListAsync()).ShouldBe([Figure.Nothing, null]);
    }

    [Fact]
    public async Task Options_and_results_round_trip()
    {
        (await _stub.OptionAsync(FSharpOption<int>.Some(0))).ShouldBe(FSharpOption<int>.Some(0));
        (await _stub.OptionAsync(FSharpOption<int>.None)).ShouldBe(FSharpOption<int>.None);
        (await _stub.OptionsAsync([FSharpOption<string>.Some("a"), null])).ShouldBe([FSharpOption<string>.Some("a"), null]);
        var position = new Position(1, 2);
        (await _stub.ValueOptionAsync(FSharpValueOption<Position>.NewValueSome(position)))
            .ShouldBe(FSharpValueOption<Position>.NewValueSome(position));
        (await _stub.ValueOptionAsync(default)).IsNone.ShouldBeTrue();
        (await _stub.ResultAsync(FSharpResult<Position, string>.NewOk(position))).ResultValue.ShouldBe(position);
        (await _stub.ResultAsync(FSharpResult<Position, string>.NewError("no"))).ErrorValue.ShouldBe("no");
    }

    [Fact]
    public async Task Records_and_collections_round_trip()
    {
        var order = new Order(
            OrderId.NewOrderId(Guid.NewGuid()),
            "name",
            FSharpOption<string>.None,
            FSharpValueOption<int>.NewValueSome(4),
            ListModule.OfSeq([Figure.Nothing, Figure.NewCircle(1)]),
            SetModule.OfSeq(["a", "b"]),
            MapModule.OfSeq([Tuple.Create("a", 1.5m), Tuple.Create("b", 2m)]),
            FSharpResult<int, string>.NewOk(5));

        (await _stub.OrderAsync(order)).ShouldBe(order);
        FSharpMap<string, FSharpSet<int>> map = MapModule.OfSeq([Tuple.Create("a", SetModule.OfSeq([3, 1, 2]))]);
        (await _stub.MapAsync(map)).ShouldBe(map);
        (await _stub.SettingsAsync(new Settings(1, "a"))).ShouldBe(new Settings(1, "a"));
        (await _stub.CounterAsync(new Counter { Number = 3 })).Number.ShouldBe(3);
    }

    [Fact]
    public void Encoding_is_the_documented_one()
    {
        Loop.Write(Loop.FormatterOf<IFSharp, Figure>(), Figure.NewScaled(Figure.Nothing, 7)).ShouldBe([0x92, 3, 0x92, 0x92, 2, 0x90, 7]);
        Loop.Write(Loop.FormatterOf<IFSharp, FSharpOption<int>>(), FSharpOption<int>.None).ShouldBe([0xc0]);
        Loop.Write(Loop.FormatterOf<IFSharp, FSharpOption<int>>(), FSharpOption<int>.Some(7)).ShouldBe([7]);
        Loop.Write(Loop.FormatterOf<IFSharp, FSharpResult<Position, string>>(), FSharpResult<Position, string>.NewError("a"))
            .ShouldBe([0x92, 1, 0x91, 0xa1, (byte)'a']);
    }

    [Theory]
    [InlineData(new byte[] { 0x92, 9, 0x90 }, "Expected a tag of TunnelRpc.FSharp.Contracts.Figure, got 9")]
    [InlineData(new byte[] { 0x92, 0, 0x90 }, "Circle.radius")]
    [InlineData(new byte[] { 0x93, 0, 0x90, 0 }, "as an array of 2 elements, got an array of 3")]
    public void Invalid_data_of_a_discriminated_union_is_rejected(byte[] data, string message) =>
        Should.Throw<MessagePackException>(() => Loop.Read(Loop.FormatterOf<IFSharp, Figure>(), data)).Message.ShouldContain(message);

    [Fact]
    public void Fields_that_are_not_known_are_skipped() =>
        Loop.Read(Loop.FormatterOf<IFSharp, Figure>(), [0x92, 2, 0x92, 1, 0xc0]).ShouldBe(Figure.Nothing);

    [Theory]
    [InlineData("FSharpOption<FSharpOption<int>>")]
    [InlineData("FSharpOption<int?>")]
    [InlineData("FSharpOption<string?>")]
    public async Task Option_of_a_value_that_can_be_nil_is_an_error(string type)
    {
        Compilation compilation = Compilations.Create(
            "using System.Threading.Tasks; using Microsoft.FSharp.Core; using TunnelRpc;\n"
                + $"[TunnelService] public partial interface IBad {{ Task AAsync({type} value); }}");

        Diagnostic error = (await Compilations.AnalyzeAsync(compilation)).ShouldHaveSingleItem();

        error.Id.ShouldBe("TRPC0204");
        error.GetMessage(CultureInfo.InvariantCulture).ShouldContain("both are nil");
    }
}
