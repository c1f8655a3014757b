using System.Numerics;
using System.Text;
using Shouldly;
using TunnelRpc.Serialization;
using Xunit;
using static TunnelRpc.Generators.Tests.RoundTrip.Shapes;

namespace TunnelRpc.Generators.Tests.RoundTrip;

public sealed class ShapeTests
{
    [Fact]
    public void Records_structs_and_fields_round_trip()
    {
        Through(new Position(-3, "left")).ShouldBe(new Position(-3, "left"));
        Through(new Pair(1, 2)).ShouldBe(new Pair(1, 2));
        Through(new Fields { Number = 4, Text = "t" }).ShouldBe(new Fields { Number = 4, Text = "t" });
        Through(new Keywords(1, "e")).ShouldBe(new Keywords(1, "e"));
    }

    [Fact]
    public void Classes_round_trip_with_inherited_and_without_ignored_members()
    {
        Derived back = Through(new Derived { Name = "n", Count = 3, Secret = 9, Colour = Colour.Red });

        (back.Name, back.Count, back.Secret, back.Colour).ShouldBe(("n", 3, 0, Colour.Red));
    }

    [Fact]
    public void Get_only_and_init_only_members_round_trip()
    {
        Immutable immutable = Through(new Immutable("n", 2));
        InitOnly initOnly = Through(new InitOnly { Name = "n", Note = "m", Level = 1 });

        (immutable.Name, immutable.Size).ShouldBe(("n", 2));
        (initOnly.Name, initOnly.Note, initOnly.Level).ShouldBe(("n", "m", 1));
    }

    [Fact]
    public void Generic_and_recursive_types_round_trip()
    {
        Through(new Page<Pair> { Items = [new(1, 2), new(3, 4)], First = new(5, 6) }).Items.ShouldBe([new(1, 2), new(3, 4)]);
        Through(new Page<string> { Items = ["a"], First = null }).First.ShouldBeNull();
        Through(new Tree("r", [new("a", []), new("b", [new("c", [])])])).Children[1].Children[0].Name.ShouldBe("c");
        Through(new Chicken("c", new Egg(1, new Chicken("d", null)))).ShouldBe(new Chicken("c", new Egg(1, new Chicken("d", null))));
    }

    [Fact]
    public void Union_cases_round_trip_with_their_type()
    {
        Through<IThing>(new Dog("d", true)).ShouldBe(new Dog("d", true));
        Through<IThing>(new Animal("a")).ShouldBe(new Animal("a"));
        Through<IThing>(new Stone(1.5)).ShouldBe(new Stone(1.5));
    }

    [Fact]
    public void Value_of_a_derived_type_that_the_contract_does_not_know_is_refused_when_it_is_written()
    {
        MessagePackException derived = Should.Throw<MessagePackException>(() => Through<Position>(new Height(1, 2)));
        MessagePackException unionCase = Should.Throw<MessagePackException>(() => Through<IThing>(new Cat("c", 9)));

        derived.Message.ShouldStartWith(
            "Expected a value of exactly TunnelRpc.Generators.Tests.RoundTrip.Shapes.Position, got one of the derived type "
            + "TunnelRpc.Generators.Tests.RoundTrip.ShapeTests+Height, whose own members would be lost.");
        unionCase.Message.ShouldContain("Shapes.Animal, got one of the derived type");
    }

    [Fact]
    public void Numbers_round_trip()
    {
        var numbers = new Numbers
        {
            Bool = true,
            SByte = sbyte.MinValue,
            UShort = ushort.MaxValue,
            Long = long.MinValue,
            ULong = ulong.MaxValue,
            Float = 1.5F,
            Double = -0.1,
            Char = 'é',
            Decimal = 1.50M,
            Big = BigInteger.Pow(3, 99),
            Wide = Int128.MinValue,
            UWide = UInt128.MaxValue,
            Half = (Half)0.25,
        };

        Through(numbers).ShouldBeEquivalentTo(numbers);
    }

    [Fact]
    public void Values_round_trip()
    {
        var values = new Values
        {
            When = new DateTime(2024, 2, 29, 1, 2, 3, DateTimeKind.Utc),
            Offset = new DateTimeOffset(2024, 1, 2, 3, 4, 5, TimeSpan.FromHours(2)),
            Day = new DateOnly(2024, 5, 6),
            Time = new TimeOnly(7, 8, 9),
            Span = TimeSpan.FromTicks(-1),
            Id = new Guid("00112233-4455-6677-8899-aabbccddeeff"),
            Link = new Uri("https://example.org/a?b"),
            Version = new Version(1, 2, 3),
            Bytes = new byte[] { 1, 2 },
            Array = [3],
        };

        Values back = Through(values);

        back.Bytes.ToArray().ShouldBe([1, 2]);
        (back.When, back.Offset, back.Day, back.Time, back.Span, back.Id)
            .ShouldBe((values.When, values.Offset, values.Day, values.Time, values.Span, values.Id));
        (back.Link, back.Version).ShouldBe((values.Link, values.Version));
        back.Array.ShouldBe([3]);
    }

    [Fact]
    public void Collections_round_trip()
    {
        Collections back = Through(new Collections
        {
            Array = [1, 2],
            Jagged = [["a", null], []],
            List = [new(1, 2)],
            Set = [Guid.Empty],
            Map = new() { ["k"] = new(1) },
            Interface = new Dictionary<int, int?> { [1] = null, [2] = 3 },
            Tuple = (1, null),
        });

        back.Array.ShouldBe([1, 2]);
        back.Jagged.ShouldBe([["a", null], []]);
        back.List.ShouldBe([new(1, 2)]);
        back.Set.ShouldBe([Guid.Empty]);
        back.Map["k"].ShouldBe(new Position(1));
        back.Interface[1].ShouldBeNull();
        back.Interface[2].ShouldBe(3);
        back.Tuple.ShouldBe((1, null));
        back.Absent.ShouldBeNull();
    }

    [Fact]
    public void Integer_keys_are_array_indexes_and_gaps_are_nil()
    {
        Bytes(new Keyed { First = 5, Third = "x" }).ShouldBe([0x93, 0x05, 0xc0, 0xa1, (byte)'x']);
        Through(new Keyed { First = 5, Third = "x" }).Third.ShouldBe("x");
    }

    [Fact]
    public void String_keys_and_member_names_are_map_keys()
    {
        Bytes(new Named { Number = 1 }).ShouldBe([0x81, 0xa1, (byte)'n', 0x01]);
        Bytes(new Pair(1, 2)).ShouldBe([0x82, 0xa4, .. "Left"u8, 0x01, 0xa5, .. "Right"u8, 0x02]);
    }

    [Fact]
    public void MessagePack_package_attributes_are_supported()
    {
        Bytes(new Packed { A = 1, B = "b", C = 2 }).ShouldBe([0x92, 0x01, 0xa1, (byte)'b']);
    }

    [Fact]
    public void Union_is_encoded_as_tag_and_value()
    {
        Bytes<IThing>(new Animal("a")).ShouldBe([0x92, 0x00, 0x81, 0xa4, .. "Name"u8, 0xa1, (byte)'a']);
    }

    [Fact]
    public void Union_declared_for_both_serializers_has_each_case_once()
    {
        Through<Figure>(new Square(2)).ShouldBe(new Square(2));
        Bytes<Figure>(new Circle(0))[1].ShouldBe((byte)0);
    }

    [Fact]
    public void Ignored_members_get_constructor_defaults()
    {
        Through(new Kept("n", 1, "d") { Ignored = 2 }).ShouldBe(new Kept("n", 7, "d") { Ignored = 8 });
        Bytes(new Kept("n", 1, "d"))[0].ShouldBe((byte)0x82);
    }

    [Fact]
    public void Constructor_parameter_without_member_gets_default()
    {
        Logged back = Through(new Logged("n", [], 5));

        (back.Name, back.Size, back.Logs()).ShouldBe(("n", 5, "nowhere"));
    }

    [Fact]
    public void Required_member_set_by_constructor_can_be_ignored()
    {
        Filled back = Through(new Filled(4) { Secret = "mine", Number = 5 });

        (back.Number, back.Secret).ShouldBe((5, "filled"));
    }

    [Fact]
    public void Unknown_members_are_skipped()
    {
        Position back = Read<Position>([0x82, 0xa3, .. "New"u8, 0x92, 0x01, 0x80, 0xa1, (byte)'X', 0x07]);
        Keyed keyed = Read<Keyed>([0x94, 0x01, 0xa1, (byte)'?', 0xa1, (byte)'y', 0xc3]);

        back.X.ShouldBe(7);
        (keyed.First, keyed.Third).ShouldBe((1, "y"));
    }

    [Fact]
    public void Missing_members_keep_defaults()
    {
        InitOnly initOnly = Read<InitOnly>([0x81, 0xa4, .. "Name"u8, 0xa1, (byte)'n']);

        (initOnly.Name, initOnly.Note, initOnly.Level).ShouldBe(("n", "a note", 7));
        Read<Position>([0x80]).ShouldBe(new Position(0));
        Read<Derived>([0x80]).Name.ShouldBe("unnamed");
        Read<Derived>([0x80]).Colour.ShouldBe(Colour.Blue);
        Read<Keyed>([0x91, 0x01]).Third.ShouldBe("third");
    }

    [Theory]
    [InlineData("Name")]
    [InlineData("Size")]
    public void Missing_non_nullable_constructor_argument_is_rejected(string sent)
    {
        byte[] bytes = [0x81, 0xa4, .. Encoding.UTF8.GetBytes(sent), .. sent == "Name" ? new byte[] { 0xa1, (byte)'n' } : [0x02]];

        if (sent == "Name")
        {
            Read<Immutable>(bytes).Size.ShouldBe(0);
        }
        else
        {
            Should.Throw<MessagePackException>(() => Read<Immutable>(bytes)).Message.ShouldContain("Immutable.Name");
        }
    }

    [Fact]
    public void Missing_required_member_is_rejected()
    {
        Should.Throw<MessagePackException>(() => Read<InitOnly>([0x80])).Message.ShouldContain("InitOnly.Name");
    }

    [Fact]
    public void Null_for_non_nullable_member_is_rejected_by_name()
    {
        Should.Throw<MessagePackException>(() => Bytes(new Derived { Name = null! })).Message.ShouldContain("Derived.Name");
        Should.Throw<MessagePackException>(() => Read<Derived>([0x81, 0xa4, .. "Name"u8, 0xc0])).Message.ShouldContain("Derived.Name");
    }

    [Fact]
    public void Undeclared_union_case_or_tag_is_rejected()
    {
        Should.Throw<MessagePackException>(() => Bytes<IThing>(new Unlisted())).Message.ShouldContain(nameof(Unlisted));
        Should.Throw<MessagePackException>(() => Read<IThing>([0x92, 0x09, 0x80])).Message.ShouldContain("9");
        Should.Throw<MessagePackException>(() => Read<IThing>([0x91, 0x00])).Message.ShouldContain("array of 2");
    }

    private sealed record Height(int X, int Y) : Position(X);

    private sealed record Cat(string Name, int Lives) : Animal(Name);

    private static T Through<T>(T value) => Loop.Through(Loop.FormatterOf<T>(), value);

    private static byte[] Bytes<T>(T value) => Loop.Write(Loop.FormatterOf<T>(), value);

    private static T Read<T>(byte[] bytes) => Loop.Read(Loop.FormatterOf<T>(), bytes);

    private sealed class Unlisted : IThing;
}
